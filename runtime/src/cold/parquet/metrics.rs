//! What a manifest says of a data file: counts, sizes and bounds of each column.
//!
//! Source: Iceberg, "Manifests", and Appendix D, "Binary single-value serialization". Bounds hold: no value of the column
//! is below the lower or above the upper one.

use std::collections::BTreeMap;

use arrow_array::{
    Float32Array, Float64Array, RecordBatch,
    cast::AsArray,
    types::{Float32Type, Float64Type},
};
use parquet::file::{
    metadata::{ColumnChunkMetaData, ParquetMetaData},
    statistics::Statistics,
};

use super::{
    super::iceberg::{DataFile, Field, Schema, Type},
    error::{FileError, Outcome},
    scalar::Scalar,
};

/// The code points of text, or the bytes of a blob, that a bound has at most.
const BOUND_LENGTH: usize = 16;

/// How many values of each float column are NaN.
#[derive(Debug)]
pub(super) struct NanCounts(Vec<(usize, i64)>);

impl NanCounts {
    pub(super) fn new(schema: &Schema) -> Self {
        let floats = schema.fields.iter().enumerate();
        let floats = floats.filter(|(_, field)| matches!(field.kind, Type::Float | Type::Double));
        Self(floats.map(|(position, _)| (position, 0)).collect())
    }

    pub(super) fn count(&mut self, batch: &RecordBatch) {
        for (position, count) in &mut self.0 {
            let array = batch.column(*position);
            if let Some(floats) = array.as_primitive_opt::<Float32Type>() {
                *count += nans32(floats);
            } else if let Some(floats) = array.as_primitive_opt::<Float64Type>() {
                *count += nans64(floats);
            }
        }
    }
}

fn nans32(floats: &Float32Array) -> i64 {
    if floats.values().iter().filter(|value| value.is_nan()).count() == 0 {
        return 0;
    }
    count(floats.iter().flatten().filter(|value| value.is_nan()).count())
}

fn nans64(floats: &Float64Array) -> i64 {
    if floats.values().iter().filter(|value| value.is_nan()).count() == 0 {
        return 0;
    }
    count(floats.iter().flatten().filter(|value| value.is_nan()).count())
}

fn count(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// What a manifest says of a file with this metadata.
pub(super) fn data_file(
    schema: &Schema,
    metadata: &ParquetMetaData,
    nans: &NanCounts,
    bytes: usize,
) -> Outcome<DataFile> {
    let mut file = DataFile {
        record_count: metadata.file_metadata().num_rows(),
        file_size_in_bytes: count(bytes),
        split_offsets: metadata.row_groups().iter().map(|group| start(group.columns())).collect(),
        ..DataFile::default()
    };
    for (position, field) in schema.fields.iter().enumerate() {
        let chunks: Vec<&ColumnChunkMetaData> =
            metadata.row_groups().iter().map(|group| group.column(position)).collect();
        column(&mut file, field, &chunks)?;
    }
    let nans = nans.0.iter().map(|&(position, count)| (schema.fields[position].id, count));
    file.nan_value_counts = nans.collect();
    Ok(file)
}

fn start(columns: &[ColumnChunkMetaData]) -> i64 {
    let starts = columns
        .iter()
        .map(|column| column.dictionary_page_offset().unwrap_or(i64::MAX).min(column.data_page_offset()));
    starts.min().unwrap_or(0)
}

fn column(file: &mut DataFile, field: &Field, chunks: &[&ColumnChunkMetaData]) -> Outcome<()> {
    let sum = |number: fn(&ColumnChunkMetaData) -> i64| chunks.iter().map(|chunk| number(chunk)).sum::<i64>();
    file.column_sizes.insert(field.id, sum(ColumnChunkMetaData::compressed_size));
    file.value_counts.insert(field.id, sum(ColumnChunkMetaData::num_values));
    let statistics: Option<Vec<&Statistics>> = chunks.iter().map(|chunk| chunk.statistics()).collect();
    let Some(statistics) = statistics else {
        return Err(FileError::Unwritable(format!("column `{}` has no statistics", field.name)));
    };
    let nulls: u64 = statistics.iter().filter_map(|statistics| statistics.null_count_opt()).sum();
    file.null_value_counts.insert(field.id, i64::try_from(nulls).unwrap_or(i64::MAX));
    bounds(file, field, &statistics);
    Ok(())
}

/// A row group that has no bounds has only NULL, or only NaN, which bounds leave out.
fn bounds(file: &mut DataFile, field: &Field, statistics: &[&Statistics]) {
    let value = |statistics: &Statistics, bytes: Option<&[u8]>| {
        bytes.and_then(|bytes| Scalar::of_parquet(&field.kind, statistics.physical_type(), bytes))
    };
    let lower = statistics.iter().filter_map(|statistics| value(statistics, statistics.min_bytes_opt()));
    let upper = statistics.iter().filter_map(|statistics| value(statistics, statistics.max_bytes_opt()));
    let lower = lower.min_by(Scalar::total_order).map(|bound| lower_bound(&field.kind, bound));
    let upper = upper.max_by(Scalar::total_order).and_then(|bound| upper_bound(&field.kind, bound));
    insert(&mut file.lower_bounds, field, lower);
    insert(&mut file.upper_bounds, field, upper);
}

fn insert(to: &mut BTreeMap<i32, Vec<u8>>, field: &Field, bound: Option<Scalar>) {
    if let Some(bytes) = bound.and_then(|bound| bound.to_iceberg(&field.kind)) {
        to.insert(field.id, bytes);
    }
}

/// The bound, no longer than a bound may be.
fn lower_bound(kind: &Type, bound: Scalar) -> Scalar {
    match (kind, bound) {
        (Type::String, Scalar::Bytes(text)) => Scalar::Bytes(text[..code_points_end(&text)].to_vec()),
        (Type::Binary, Scalar::Bytes(mut bytes)) => {
            bytes.truncate(BOUND_LENGTH);
            Scalar::Bytes(bytes)
        }
        (_, bound) => bound,
    }
}

/// The bound, or a greater one that is no longer than a bound may be; none where there is none.
fn upper_bound(kind: &Type, bound: Scalar) -> Option<Scalar> {
    match (kind, bound) {
        (Type::String, Scalar::Bytes(text)) => {
            let end = code_points_end(&text);
            if end == text.len() { Some(text) } else { next_text(&text[..end]) }.map(Scalar::Bytes)
        }
        (Type::Binary, Scalar::Bytes(bytes)) if bytes.len() > BOUND_LENGTH => {
            next_bytes(&bytes[..BOUND_LENGTH]).map(Scalar::Bytes)
        }
        (_, bound) => Some(bound),
    }
}

/// Where the code points end that a bound has.
fn code_points_end(text: &[u8]) -> usize {
    let starts = text.iter().enumerate().filter(|(_, byte)| !matches!(byte, 0x80..=0xBF));
    starts.map(|(at, _)| at).nth(BOUND_LENGTH).unwrap_or(text.len())
}

/// The least text of no more code points that is greater than every one that begins so.
fn next_text(text: &[u8]) -> Option<Vec<u8>> {
    let mut points: Vec<char> = std::str::from_utf8(text).ok()?.chars().collect();
    while let Some(last) = points.pop() {
        // after the last before the surrogates comes the first after them
        let next = if last == '\u{D7FF}' { Some('\u{E000}') } else { char::from_u32(u32::from(last) + 1) };
        if let Some(next) = next {
            points.push(next);
            return Some(points.into_iter().collect::<String>().into_bytes());
        }
    }
    None
}

/// The least bytes of no greater length that are greater than all that begin so.
fn next_bytes(bytes: &[u8]) -> Option<Vec<u8>> {
    let last = bytes.iter().rposition(|&byte| byte != 0xFF)?;
    let mut next = bytes[..=last].to_vec();
    next[last] += 1;
    Some(next)
}
