//! Files as records of manifests, by the ids of the specification.

use super::{
    BoundField, Content, DataFile, Datum, FileFormat, IcebergError, Type, avro::Record, error::Outcome,
    value::mismatch,
};

/// The ids of the maps, their keys and their values.
const COLUMN_SIZES: [i32; 3] = [108, 117, 118];
const VALUE_COUNTS: [i32; 3] = [109, 119, 120];
const NULL_VALUE_COUNTS: [i32; 3] = [110, 121, 122];
const NAN_VALUE_COUNTS: [i32; 3] = [137, 138, 139];
const LOWER_BOUNDS: [i32; 3] = [125, 126, 127];
const UPPER_BOUNDS: [i32; 3] = [128, 129, 130];

/// The record of a file.
///
/// # Errors
/// Its partition does not fit.
pub(super) fn record(file: &DataFile, fields: &[BoundField<'_>]) -> Outcome<Record> {
    Ok(Record::default()
        .with(134, file.content as i32)
        .with(100, file.file_path.clone())
        .with(101, format_name(file.file_format).to_owned())
        .with(102, partition_record(&file.partition, fields)?)
        .with(103, file.record_count)
        .with(104, file.file_size_in_bytes)
        .with_map(COLUMN_SIZES, &file.column_sizes)
        .with_map(VALUE_COUNTS, &file.value_counts)
        .with_map(NULL_VALUE_COUNTS, &file.null_value_counts)
        .with_map(NAN_VALUE_COUNTS, &file.nan_value_counts)
        .with_map(LOWER_BOUNDS, &file.lower_bounds)
        .with_map(UPPER_BOUNDS, &file.upper_bounds)
        .with(132, some(&file.split_offsets))
        .with(135, some(&file.equality_ids))
        .with(140, file.sort_order_id)
        .with(143, file.referenced_data_file.clone()))
}

/// None for no items, as the field is optional.
fn some<T: Clone>(items: &[T]) -> Option<Vec<T>> {
    (!items.is_empty()).then(|| items.to_vec())
}

fn partition_record(partition: &[Option<Datum>], fields: &[BoundField<'_>]) -> Outcome<Record> {
    if partition.len() != fields.len() {
        let (has, wants) = (partition.len(), fields.len());
        return Err(IcebergError::unsupported(format!(
            "a partition of {has} fields, where there are {wants}"
        )));
    }
    partition.iter().zip(fields).try_fold(Record::default(), |record, (value, field)| match value {
        Some(value) if !value.is_like(&field.kind) => mismatch(&field.kind, value),
        value => Ok(record.with(field.field_id, value.clone())),
    })
}

fn format_name(format: FileFormat) -> &'static str {
    match format {
        FileFormat::Parquet => "PARQUET",
        FileFormat::Avro => "AVRO",
        FileFormat::Orc => "ORC",
        FileFormat::Puffin => "PUFFIN",
    }
}

fn format_of(name: &str) -> Outcome<FileFormat> {
    Ok(match name.to_ascii_uppercase().as_str() {
        "PARQUET" => FileFormat::Parquet,
        "AVRO" => FileFormat::Avro,
        "ORC" => FileFormat::Orc,
        "PUFFIN" => FileFormat::Puffin,
        _ => return Err(IcebergError::unsupported(format!("the file format `{name}`"))),
    })
}

fn content_of(number: i32) -> Outcome<Content> {
    Ok(match number {
        0 => Content::Data,
        1 => Content::PositionDeletes,
        2 => Content::EqualityDeletes,
        _ => return Err(IcebergError::damaged(format!("the content {number} of a file"))),
    })
}

/// The file of a record.
///
/// # Errors
/// A field is missing or of another type; the file is encrypted.
pub(super) fn data_file(
    mut record: Record,
    spec_id: i32,
    kinds: Option<&[(i32, Option<Type>)]>,
) -> Outcome<DataFile> {
    let file_path: String = record.required(100)?;
    if record.optional::<Vec<u8>>(131)?.is_some() {
        return Err(IcebergError::unsupported(format!("`{file_path}`, which is encrypted")));
    }
    Ok(DataFile {
        content: content_of(record.optional(134)?.unwrap_or_default())?,
        file_path,
        file_format: format_of(&record.required::<String>(101)?)?,
        spec_id,
        partition: partition(record.required(102)?, kinds)?,
        record_count: record.required(103)?,
        file_size_in_bytes: record.required(104)?,
        column_sizes: record.map(COLUMN_SIZES)?,
        value_counts: record.map(VALUE_COUNTS)?,
        null_value_counts: record.map(NULL_VALUE_COUNTS)?,
        nan_value_counts: record.map(NAN_VALUE_COUNTS)?,
        lower_bounds: record.map(LOWER_BOUNDS)?,
        upper_bounds: record.map(UPPER_BOUNDS)?,
        split_offsets: record.optional(132)?.unwrap_or_default(),
        equality_ids: record.optional(135)?.unwrap_or_default(),
        sort_order_id: record.optional(140)?,
        referenced_data_file: record.optional(143)?,
    })
}

/// The values of a partition in the order of the spec.
fn partition(record: Record, kinds: Option<&[(i32, Option<Type>)]>) -> Outcome<Vec<Option<Datum>>> {
    let Some(kinds) = kinds else {
        let mut record = record;
        let ids: Vec<i32> = record.ids().collect();
        return ids.into_iter().map(|id| record.optional(id)).collect();
    };
    let mut record = record;
    kinds.iter().map(|(id, kind)| typed(record.optional(*id)?, kind.as_ref())).collect()
}

fn typed(value: Option<Datum>, kind: Option<&Type>) -> Outcome<Option<Datum>> {
    let (Some(value), Some(kind)) = (&value, kind) else { return Ok(value) };
    match value.clone().cast(kind) {
        None => mismatch(kind, value),
        some => Ok(some),
    }
}
