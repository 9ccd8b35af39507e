//! The schema as an object keeps it: what its table and its log entries were written under.
//!
//! Every version that an object ever had stays in `_terrace_schema`, so that old events can be read for ever.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use crate::value::Value;

use super::{Capture, ColumnDef, Fill, Kind, Schema};

/// One version of a collection's schema, as stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self")] // deserialized by itself, and looked at
pub struct StoredSchema {
    /// The collection.
    pub name: String,
    /// Its columns, in the order in which log entries hold them.
    pub columns: Vec<StoredColumn>,
    /// The positions of the id's columns.
    pub id: Vec<usize>,
    /// Its indexes.
    pub indexes: Vec<StoredIndex>,
    /// How much events hold.
    pub capture: Capture,
}

/// One column of a [`StoredSchema`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredColumn {
    /// The name.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
    /// The labels of an enum.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// Whether it may be NULL.
    pub nullable: bool,
    /// Earlier names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub was: Vec<String>,
    /// Whether outputs hide it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mask: bool,
    /// What older rows hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fill: Option<Value>,
}

/// One index of a [`StoredSchema`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredIndex {
    /// Its name in SQLite.
    pub name: String,
    /// Whether it is unique.
    pub unique: bool,
}

impl Serialize for StoredSchema {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for StoredSchema {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let schema = Self::deserialize(deserializer)?;
        schema.check().map_err(D::Error::custom)?;
        Ok(schema)
    }
}

impl From<&Schema> for StoredSchema {
    fn from(schema: &Schema) -> Self {
        Self {
            name: schema.name.to_owned(),
            columns: schema.columns.iter().map(StoredColumn::from).collect(),
            id: schema.id.to_vec(),
            indexes: schema
                .indexes
                .iter()
                .map(|index| StoredIndex { name: schema.index_name(index), unique: index.unique })
                .collect(),
            capture: schema.capture,
        }
    }
}

impl From<&ColumnDef> for StoredColumn {
    fn from(column: &ColumnDef) -> Self {
        Self {
            name: column.name.to_owned(),
            kind: column.kind,
            labels: column.labels.iter().map(|&label| label.to_owned()).collect(),
            nullable: column.nullable,
            was: column.was.iter().map(|&name| name.to_owned()).collect(),
            mask: column.mask,
            fill: column.fill.map(|fill| stored_fill(fill, column.kind)),
        }
    }
}

/// The fill as the column stores it.
#[allow(clippy::cast_possible_truncation)] // an `f32` column holds what `f32` can
fn stored_fill(fill: Fill, kind: Kind) -> Value {
    match fill {
        Fill::Integer(integer) => Value::Integer(integer),
        Fill::Real(real) if kind == Kind::F32 => Value::Real((real as f32).into()),
        Fill::Real(real) => Value::Real(real),
        Fill::Text(text) => Value::Text(text.to_owned()),
    }
}

impl StoredSchema {
    /// Refuses what no struct has, and what stands on a schema does not expect.
    fn check(&self) -> Result<(), String> {
        let Self { name, columns, id, .. } = self;
        if id.is_empty() || id.iter().any(|&at| at >= columns.len()) {
            return Err(format!("the id of `{name}` is of none of its columns"));
        }
        let impossible = |column: &&StoredColumn| matches!(column.kind, Kind::Decimal { precision, scale } if !(1..=38).contains(&precision) || scale > precision);
        match columns.iter().find(impossible) {
            Some(column) => Err(format!("`{name}.{}` is a decimal that there is not", column.name)),
            None => Ok(()),
        }
    }

    /// The position of the column called `name`.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// The position of the column that `newer`, a column of a later version, continues: by its name, else by an
    /// earlier name of it that the later version does not use itself.
    #[must_use]
    pub fn predecessor(&self, newer: &StoredColumn, later: &StoredSchema) -> Option<usize> {
        self.column(&newer.name).or_else(|| {
            newer.was.iter().filter(|name| later.column(name).is_none()).find_map(|name| self.column(name))
        })
    }
}
