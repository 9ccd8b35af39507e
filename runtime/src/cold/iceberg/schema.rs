//! The types and schemas of tables.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// A schema of a table: its columns, each with an id that outlives its name.
///
/// Source: Iceberg, "Schemas and Data Types", and Appendix C for the JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Schema {
    #[serde(rename = "type")]
    kind: Struct,
    /// Its number within the table.
    #[serde(default)]
    pub schema_id: i32,
    /// The columns that name a row.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identifier_field_ids: Vec<i32>,
    /// The columns.
    pub fields: Vec<Field>,
}

/// The word `struct`: a schema is one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Struct {
    #[default]
    Struct,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Field {
    /// Its id, the same in every schema and file of the table.
    pub id: i32,
    /// Its name.
    pub name: String,
    /// Whether it is never NULL.
    pub required: bool,
    /// What it holds.
    #[serde(rename = "type")]
    pub kind: Type,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doc: Option<String>,
}

/// The type of a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Type {
    /// True or false.
    Boolean,
    /// A signed integer of 32 bits.
    Int,
    /// A signed integer of 64 bits.
    Long,
    /// A float of 32 bits.
    Float,
    /// A float of 64 bits.
    Double,
    /// An exact number of so many digits, so many of them after the point.
    Decimal {
        /// All digits, at most 38.
        precision: u8,
        /// Those after the point.
        scale: u8,
    },
    /// Days since 1970-01-01.
    Date,
    /// Microseconds since midnight.
    Time,
    /// Microseconds since 1970-01-01, of no time zone.
    Timestamp,
    /// Microseconds since 1970-01-01 UTC.
    Timestamptz,
    /// UTF-8.
    String,
    /// 16 bytes.
    Uuid,
    /// So many bytes.
    Fixed(u32),
    /// Bytes.
    Binary,
    /// A type that this library never writes, as JSON has it.
    Other(serde_json::Value),
}

impl Schema {
    /// A schema of these columns.
    #[must_use]
    pub fn new(schema_id: i32, fields: Vec<Field>) -> Self {
        Self { kind: Struct::Struct, schema_id, identifier_field_ids: Vec::new(), fields }
    }

    /// The column of this name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The column of this id.
    #[must_use]
    pub fn field_by_id(&self, id: i32) -> Option<&Field> {
        self.fields.iter().find(|field| field.id == id)
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean => f.write_str("boolean"),
            Self::Int => f.write_str("int"),
            Self::Long => f.write_str("long"),
            Self::Float => f.write_str("float"),
            Self::Double => f.write_str("double"),
            Self::Decimal { precision, scale } => write!(f, "decimal({precision}, {scale})"),
            Self::Date => f.write_str("date"),
            Self::Time => f.write_str("time"),
            Self::Timestamp => f.write_str("timestamp"),
            Self::Timestamptz => f.write_str("timestamptz"),
            Self::String => f.write_str("string"),
            Self::Uuid => f.write_str("uuid"),
            Self::Fixed(length) => write!(f, "fixed[{length}]"),
            Self::Binary => f.write_str("binary"),
            Self::Other(json) => write!(f, "{json}"),
        }
    }
}

impl FromStr for Type {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(match text {
            "boolean" => Self::Boolean,
            "int" => Self::Int,
            "long" => Self::Long,
            "float" => Self::Float,
            "double" => Self::Double,
            "date" => Self::Date,
            "time" => Self::Time,
            "timestamp" => Self::Timestamp,
            "timestamptz" => Self::Timestamptz,
            "string" => Self::String,
            "uuid" => Self::Uuid,
            "binary" => Self::Binary,
            other => return parameterised(other).ok_or_else(|| format!("unknown type `{other}`")),
        })
    }
}

/// `decimal(P, S)` and `fixed[L]`.
fn parameterised(text: &str) -> Option<Type> {
    if let Some(length) = text.strip_prefix("fixed[").and_then(|rest| rest.strip_suffix(']')) {
        return length.trim().parse().ok().map(Type::Fixed);
    }
    let (precision, scale) = text.strip_prefix("decimal(")?.strip_suffix(')')?.split_once(',')?;
    let (precision, scale) = (precision.trim().parse().ok()?, scale.trim().parse().ok()?);
    Some(Type::Decimal { precision, scale })
}

impl Serialize for Type {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Other(json) => json.serialize(to),
            other => to.collect_str(other),
        }
    }
}

impl<'de> Deserialize<'de> for Type {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match serde_json::Value::deserialize(from)? {
            serde_json::Value::String(text) => text.parse().or(Ok(Self::Other(text.into()))),
            object @ serde_json::Value::Object(_) => Ok(Self::Other(object)),
            other => Err(D::Error::custom(format!("not a type: {other}"))),
        }
    }
}
