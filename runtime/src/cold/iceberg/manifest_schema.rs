//! The Avro schemas of manifests and of lists of them.
//!
//! Source: Iceberg, "Manifests", "Manifest Lists", and Appendix A for the types of Avro.

use serde_json::{Value as Json, json};

use super::{BoundField, IcebergError, Type, error::Outcome};

fn required(id: i32, name: &str, kind: impl Into<Json>) -> Json {
    json!({ "name": name, "type": kind.into(), "field-id": id })
}

fn optional(id: i32, name: &str, kind: impl Into<Json>) -> Json {
    json!({ "name": name, "type": ["null", kind.into()], "default": null, "field-id": id })
}

fn list(id: i32, name: &str, element_id: i32, items: impl Into<Json>) -> Json {
    optional(id, name, json!({ "type": "array", "items": items.into(), "element-id": element_id }))
}

/// A map by numbers, for which Avro has no type: an array of records.
fn map(id: i32, name: &str, [key, value]: [i32; 2], values: &str) -> Json {
    let entry = json!({
        "type": "record",
        "name": format!("k{key}_v{value}"),
        "fields": [required(key, "key", "int"), required(value, "value", values)],
    });
    optional(id, name, json!({ "type": "array", "items": entry, "logicalType": "map" }))
}

/// The schema of a manifest of files of this partition.
///
/// # Errors
/// A type that Avro has no form for.
pub(super) fn entry_schema(partition: &[BoundField<'_>]) -> Outcome<Json> {
    Ok(json!({
        "type": "record",
        "name": "manifest_entry",
        "fields": [
            required(0, "status", "int"),
            optional(1, "snapshot_id", "long"),
            optional(3, "sequence_number", "long"),
            optional(4, "file_sequence_number", "long"),
            required(2, "data_file", data_file_schema(partition)?),
        ],
    }))
}

fn data_file_schema(partition: &[BoundField<'_>]) -> Outcome<Json> {
    Ok(json!({
        "type": "record",
        "name": "r2",
        "fields": [
            required(134, "content", "int"),
            required(100, "file_path", "string"),
            required(101, "file_format", "string"),
            required(102, "partition", partition_schema(partition)?),
            required(103, "record_count", "long"),
            required(104, "file_size_in_bytes", "long"),
            map(108, "column_sizes", [117, 118], "long"),
            map(109, "value_counts", [119, 120], "long"),
            map(110, "null_value_counts", [121, 122], "long"),
            map(137, "nan_value_counts", [138, 139], "long"),
            map(125, "lower_bounds", [126, 127], "bytes"),
            map(128, "upper_bounds", [129, 130], "bytes"),
            list(132, "split_offsets", 133, "long"),
            list(135, "equality_ids", 136, "int"),
            optional(140, "sort_order_id", "int"),
            optional(143, "referenced_data_file", "string"),
        ],
    }))
}

fn partition_schema(partition: &[BoundField<'_>]) -> Outcome<Json> {
    let field = |field: &BoundField<'_>| {
        let name = avro_name(field.name);
        let mut json = optional(field.field_id, &name, avro_type(&field.kind, field.field_id)?);
        if name != field.name {
            json["iceberg-field-name"] = field.name.into();
        }
        Ok(json)
    };
    let fields: Vec<Json> = partition.iter().map(field).collect::<Outcome<_>>()?;
    Ok(json!({ "type": "record", "name": "r102", "fields": fields }))
}

/// A name as Avro allows it: letters, digits and `_`, and no digit first.
fn avro_name(name: &str) -> String {
    let mut allowed = String::with_capacity(name.len());
    for (at, char) in name.chars().enumerate() {
        match char {
            '0'..='9' if at == 0 => allowed.extend(['_', char]),
            'a'..='z' | 'A'..='Z' | '0'..='9' | '_' => allowed.push(char),
            other => allowed.extend(["_x", &format!("{:X}", u32::from(other))]),
        }
    }
    allowed
}

/// The type of Avro. Types with a name get one of their own, as readers differ in how they look names up.
fn avro_type(kind: &Type, id: i32) -> Outcome<Json> {
    let fixed = |length: u32| json!({ "type": "fixed", "name": format!("fixed_{id}"), "size": length });
    Ok(match kind {
        Type::Boolean => "boolean".into(),
        Type::Int => "int".into(),
        Type::Long => "long".into(),
        Type::Float => "float".into(),
        Type::Double => "double".into(),
        Type::String => "string".into(),
        Type::Binary => "bytes".into(),
        Type::Date => json!({ "type": "int", "logicalType": "date" }),
        Type::Time => json!({ "type": "long", "logicalType": "time-micros" }),
        Type::Timestamp => moment(false),
        Type::Timestamptz => moment(true),
        Type::Fixed(length) => fixed(*length),
        Type::Uuid => logical(fixed(16), "uuid"),
        Type::Decimal { precision, scale } => {
            let mut decimal = logical(fixed(decimal_bytes(*precision)), "decimal");
            decimal["precision"] = (*precision).into();
            decimal["scale"] = (*scale).into();
            decimal
        }
        Type::Other(other) => return Err(IcebergError::unsupported(format!("partitions of type {other}"))),
    })
}

fn logical(mut kind: Json, name: &str) -> Json {
    kind["logicalType"] = name.into();
    kind
}

fn moment(utc: bool) -> Json {
    json!({ "type": "long", "logicalType": "timestamp-micros", "adjust-to-utc": utc })
}

/// The least number of bytes whose two's complement holds so many digits.
pub(super) fn decimal_bytes(precision: u8) -> u32 {
    let most = 10u128.checked_pow(u32::from(precision)).map_or(u128::MAX, |above| above - 1);
    (u128::BITS - most.leading_zeros() + 1).div_ceil(8)
}

/// The schema of a list of manifests.
pub(super) fn list_schema() -> Json {
    let summary = json!({
        "type": "record",
        "name": "r508",
        "fields": [
            required(509, "contains_null", "boolean"),
            optional(518, "contains_nan", "boolean"),
            optional(510, "lower_bound", "bytes"),
            optional(511, "upper_bound", "bytes"),
        ],
    });
    json!({
        "type": "record",
        "name": "manifest_file",
        "fields": [
            required(500, "manifest_path", "string"),
            required(501, "manifest_length", "long"),
            required(502, "partition_spec_id", "int"),
            required(517, "content", "int"),
            required(515, "sequence_number", "long"),
            required(516, "min_sequence_number", "long"),
            required(503, "added_snapshot_id", "long"),
            required(504, "added_files_count", "int"),
            required(505, "existing_files_count", "int"),
            required(506, "deleted_files_count", "int"),
            required(512, "added_rows_count", "long"),
            required(513, "existing_rows_count", "long"),
            required(514, "deleted_rows_count", "long"),
            list(507, "partitions", 508, summary),
            optional(519, "key_metadata", "bytes"),
        ],
    })
}
