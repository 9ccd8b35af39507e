//! Random files of Iceberg tables, with partitions of every type.

// numbers are cut on purpose
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::missing_panics_doc,
    clippy::unwrap_used
)]

use std::collections::BTreeMap;

use terrace::cold::iceberg::{
    Content, DataFile, Datum, Field, FileFormat, ManifestEntry, PartitionField, PartitionSpec, Schema,
    Status, Transform, Type,
};

use crate::Random;

/// A column of every type that can be partitioned by.
const TYPES: [Type; 15] = [
    Type::Boolean,
    Type::Int,
    Type::Long,
    Type::Float,
    Type::Double,
    Type::Decimal { precision: 9, scale: 2 },
    Type::Decimal { precision: 38, scale: 10 },
    Type::Date,
    Type::Time,
    Type::Timestamp,
    Type::Timestamptz,
    Type::String,
    Type::Uuid,
    Type::Fixed(5),
    Type::Binary,
];

/// A schema of a column of every type, each of which can be NULL.
#[must_use]
pub fn schema() -> Schema {
    let column = |(at, kind): (usize, &Type)| {
        let id = at as i32 + 1;
        Field { id, name: format!("c{id}"), required: false, kind: kind.clone(), doc: None }
    };
    Schema::new(3, TYPES.iter().enumerate().map(column).collect())
}

/// A spec of some of the columns, with names that Avro does not allow.
pub fn spec(random: &mut Random) -> PartitionSpec {
    let transforms = ["identity", "bucket[7]", "truncate[3]", "year", "month", "day", "hour", "void"];
    let mut fields = Vec::new();
    for column in &schema().fields {
        let transform = transforms[random.below(8) as usize];
        let fits = transform.parse::<Transform>().unwrap().result_type(&column.kind).is_some();
        if fits && random.below(2) == 0 {
            fields.push(PartitionField {
                source_id: column.id,
                field_id: 1000 + fields.len() as i32,
                name: format!("{}-é {transform}", column.id),
                transform: transform.to_owned(),
            });
        }
    }
    PartitionSpec { spec_id: random.below(5) as i32, fields }
}

fn text(random: &mut Random) -> String {
    let chars = ['a', 'é', '😀', '\0', '\u{10ffff}'];
    (0..random.below(6)).map(|_| chars[random.below(5) as usize]).collect()
}

fn bytes(random: &mut Random, length: usize) -> Vec<u8> {
    (0..length).map(|_| random.bits() as u8).collect()
}

fn value(random: &mut Random, kind: &Type) -> Datum {
    match kind {
        Type::Boolean => Datum::Bool(random.below(2) == 1),
        Type::Int => Datum::Int(random.bits() as i32),
        Type::Long => Datum::Long(random.bits() as i64),
        Type::Float => Datum::Float(f32::from_bits(random.bits() as u32 & 0xff7f_ffff)),
        Type::Double => Datum::Double(f64::from_bits(random.bits() & !(1 << 52))),
        Type::Decimal { precision: 9, .. } => Datum::Decimal(i128::from(random.bits() as i32 / 4)),
        Type::Decimal { .. } => Datum::Decimal(i128::from(random.bits() as i64) << random.below(60)),
        Type::Date => Datum::Date(random.bits() as i32),
        Type::Time => Datum::Time(random.below(86_400_000_000) as i64),
        Type::Timestamp | Type::Timestamptz => Datum::Timestamp(random.bits() as i64),
        Type::String => Datum::String(text(random)),
        Type::Uuid => Datum::Uuid(bytes(random, 16).try_into().unwrap()),
        Type::Fixed(length) => Datum::Binary(bytes(random, *length as usize)),
        Type::Binary => {
            let length = random.below(6) as usize;
            Datum::Binary(bytes(random, length))
        }
        Type::Other(_) => unreachable!("not among the types"),
    }
}

fn some<T>(random: &mut Random, make: impl FnOnce(&mut Random) -> T) -> Option<T> {
    (random.below(3) > 0).then(|| make(random))
}

fn map<T>(random: &mut Random, make: impl Fn(&mut Random) -> T) -> BTreeMap<i32, T> {
    (0..random.below(4)).map(|_| (random.below(1 << 31) as i32, make(random))).collect()
}

/// A file of this spec.
pub fn file(random: &mut Random, spec: &PartitionSpec) -> DataFile {
    let count = |random: &mut Random| random.below(1 << 40) as i64;
    let blob = |random: &mut Random| {
        let length = random.below(20) as usize;
        bytes(random, length)
    };
    let partition = spec.bind(&schema()).unwrap().into_iter().map(|field| {
        if field.transform == Transform::Void {
            None
        } else {
            some(random, |random| value(random, &field.kind))
        }
    });
    let partition = partition.collect();
    DataFile {
        content: [Content::Data, Content::PositionDeletes, Content::EqualityDeletes]
            [random.below(3) as usize],
        file_path: format!("file:///lake/{}", text(random)),
        file_format: [FileFormat::Parquet, FileFormat::Avro, FileFormat::Orc][random.below(3) as usize],
        spec_id: spec.spec_id,
        partition,
        record_count: count(random),
        file_size_in_bytes: random.bits() as i64,
        column_sizes: map(random, count),
        value_counts: map(random, count),
        null_value_counts: map(random, count),
        nan_value_counts: map(random, count),
        lower_bounds: map(random, blob),
        upper_bounds: map(random, blob),
        split_offsets: (0..random.below(3)).map(|_| random.below(1 << 62) as i64).collect(),
        equality_ids: (0..random.below(3)).map(|_| random.below(1 << 31) as i32).collect(),
        sort_order_id: some(random, |random| random.bits() as i32),
        referenced_data_file: some(random, text),
    }
}

/// A few files of this spec, which know their places.
pub fn entries(random: &mut Random, spec: &PartitionSpec) -> Vec<ManifestEntry> {
    let entry = |random: &mut Random| ManifestEntry {
        status: [Status::Existing, Status::Added, Status::Deleted][random.below(3) as usize],
        snapshot_id: Some(random.bits() as i64),
        sequence_number: Some(random.below(1000) as i64),
        file_sequence_number: Some(random.below(1000) as i64),
        data_file: file(random, spec),
    };
    (0..random.below(6)).map(|_| entry(random)).collect()
}
