//! Schemas of Avro: how the bytes of a value are laid out.

use std::collections::HashMap;

use serde_json::{Map, Value as Json};

use crate::cold::iceberg::{IcebergError, error::Outcome};

/// A type of Avro, with what its logical type says of it.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::cold::iceberg) enum Node {
    Null,
    Boolean,
    Int,
    Long,
    Float,
    Double,
    Bytes,
    String,
    Date,
    /// Microseconds, or so many of a coarser or finer unit.
    Time(Unit),
    Timestamp(Unit),
    Fixed(usize),
    Uuid,
    /// A decimal in bytes, or in so many.
    Decimal(Option<usize>),
    Enum,
    Array(Box<Node>),
    Map(Box<Node>),
    Union(Vec<Node>),
    Record(Vec<Member>),
}

/// The unit of a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cold::iceberg) enum Unit {
    Milli,
    Micro,
}

/// A field of a record.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::cold::iceberg) struct Member {
    /// Its id in the specification of Iceberg; one without is skipped.
    pub(super) id: Option<i32>,
    pub(super) node: Node,
}

/// Types with a name that were defined so far. Records are not among them, so that there are no cycles.
type Names = HashMap<String, Node>;

impl Node {
    pub(in crate::cold::iceberg) fn parse(schema: &Json) -> Outcome<Self> {
        node(schema, &mut Names::new())
    }
}

fn node(schema: &Json, names: &mut Names) -> Outcome<Node> {
    match schema {
        Json::String(name) => simple(name, names),
        Json::Array(variants) => {
            variants.iter().map(|variant| node(variant, names)).collect::<Outcome<_>>().map(Node::Union)
        }
        Json::Object(object) => compound(object, names),
        other => Err(IcebergError::damaged(format!("`{other}` is no Avro schema"))),
    }
}

fn simple(name: &str, names: &Names) -> Outcome<Node> {
    Ok(match name {
        "null" => Node::Null,
        "boolean" => Node::Boolean,
        "int" => Node::Int,
        "long" => Node::Long,
        "float" => Node::Float,
        "double" => Node::Double,
        "bytes" => Node::Bytes,
        "string" => Node::String,
        other => {
            let unknown = || IcebergError::unsupported(format!("the Avro type `{other}`"));
            names.get(other).cloned().ok_or_else(unknown)?
        }
    })
}

fn compound(object: &Map<String, Json>, names: &mut Names) -> Outcome<Node> {
    let part = |key: &str| {
        object.get(key).ok_or_else(|| IcebergError::damaged(format!("an Avro type without `{key}`")))
    };
    let kind = part("type")?;
    match kind.as_str() {
        Some("array") => Ok(Node::Array(Box::new(node(part("items")?, names)?))),
        Some("map") => Ok(Node::Map(Box::new(node(part("values")?, names)?))),
        Some("record") => record(part("fields")?, names),
        Some("enum") => Ok(named(object, Node::Enum, names)),
        Some("fixed") => {
            let size = part("size")?.as_u64().and_then(|size| usize::try_from(size).ok());
            let size = size.ok_or_else(|| IcebergError::damaged("the size of a fixed Avro type"))?;
            Ok(named(object, logical(object, Node::Fixed(size)), names))
        }
        _ => Ok(logical(object, node(kind, names)?)),
    }
}

fn named(object: &Map<String, Json>, node: Node, names: &mut Names) -> Node {
    if let Some(name) = object.get("name").and_then(Json::as_str) {
        names.insert(name.to_owned(), node.clone());
    }
    node
}

fn record(fields: &Json, names: &mut Names) -> Outcome<Node> {
    let fields = fields.as_array().ok_or_else(|| IcebergError::damaged("the fields of an Avro record"))?;
    let member = |field: &Json| {
        let id = field.get("field-id").and_then(Json::as_i64).and_then(|id| i32::try_from(id).ok());
        let kind = field.get("type").ok_or_else(|| IcebergError::damaged("an Avro field without a type"))?;
        Ok(Member { id, node: node(kind, names)? })
    };
    fields.iter().map(member).collect::<Outcome<_>>().map(Node::Record)
}

/// The type with its logical type; one that is not known changes nothing.
fn logical(object: &Map<String, Json>, node: Node) -> Node {
    let name = object.get("logicalType").and_then(Json::as_str).unwrap_or_default();
    match (name, node) {
        ("date", Node::Int) => Node::Date,
        ("time-micros", Node::Long) => Node::Time(Unit::Micro),
        ("time-millis", Node::Int) => Node::Time(Unit::Milli),
        ("timestamp-micros" | "local-timestamp-micros", Node::Long) => Node::Timestamp(Unit::Micro),
        ("timestamp-millis" | "local-timestamp-millis", Node::Long) => Node::Timestamp(Unit::Milli),
        ("decimal", Node::Bytes) => Node::Decimal(None),
        ("decimal", Node::Fixed(size)) => Node::Decimal(Some(size)),
        ("uuid", Node::Fixed(16)) => Node::Uuid,
        (_, node) => node,
    }
}
