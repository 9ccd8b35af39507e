//! Data files: every value of every type comes back, and what a manifest says of them is true.

// numbers are cut on purpose
#![allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, clippy::unwrap_used)]
#![cfg(feature = "lake")]

use std::cmp::Ordering;

use arrow_array::RecordBatch;
use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use terrace::{
    cold::{
        iceberg::{DataFile, Schema, Type},
        parquet::{
            BatchRows, BoundPredicate, FileError, FileWriter, Scan, batch_of_columns, column_of_array,
        },
    },
    value::{Row, Value, ValueRef},
    vortex::{Column, DataType},
};
use terrace_tests::{
    Random, cases,
    columns::{TYPES, column, rows},
    files::{read, table},
};

fn write(schema: &Schema, batches: &[RecordBatch], bloom: &[i32]) -> (Bytes, DataFile) {
    let mut writer = FileWriter::new(schema, bloom).unwrap();
    for batch in batches {
        writer.write(batch).unwrap();
    }
    writer.finish().unwrap()
}

fn all(schema: &Schema) -> Scan {
    Scan::new(schema.clone(), BoundPredicate::all())
}

/// Values at the ends of what each type holds.
fn edges(data_type: DataType) -> Vec<Value> {
    let text = |text: &str| Value::Text(text.to_owned());
    match data_type {
        DataType::I64 | DataType::Timestamp => [i64::MIN, -1, 0, i64::MAX].map(Value::Integer).to_vec(),
        DataType::I32 | DataType::Date => {
            [i32::MIN, 0, i32::MAX].map(|day| Value::Integer(day.into())).to_vec()
        }
        DataType::F64 => [f64::NEG_INFINITY, -0.0, 0.0, f64::MIN_POSITIVE, f64::MAX, f64::INFINITY]
            .map(Value::Real)
            .to_vec(),
        DataType::F32 => {
            [f64::NEG_INFINITY, -0.0, 0.0, f32::MAX.into(), f64::INFINITY].map(Value::Real).to_vec()
        }
        DataType::Text => {
            vec![text(""), text("\0"), text("a\0b"), text(&"\u{10FFFF}".repeat(20)), text("Straße 東京")]
        }
        DataType::Bytes => vec![Value::Blob(vec![]), Value::Blob(vec![0]), Value::Blob(vec![0xFF; 40])],
        DataType::Uuid => vec![Value::Blob(vec![0; 16]), Value::Blob(vec![0xFF; 16])],
        DataType::Decimal { precision: 38, .. } => {
            vec![
                text(&format!("1{}", "9".repeat(38))),
                text(&format!("0{}", "0".repeat(38))),
                text(&format!("1{}", "0".repeat(38))),
            ]
        }
        DataType::Decimal { precision: 18, .. } => {
            [-999_999_999_999_999_999, 0, 7].map(Value::Integer).to_vec()
        }
        _ => vec![],
    }
}

#[test]
fn edge_values_come_back() {
    for data_type in TYPES {
        let mut column = Column::new(data_type, true);
        column.push(ValueRef::Null).unwrap();
        for value in edges(data_type) {
            column.push(value.as_ref()).unwrap();
        }
        let schema = table(&[(data_type, true)]);
        let batch = batch_of_columns(&schema, vec![column.clone()]).unwrap();
        let (bytes, file) = write(&schema, &[batch], &[]);
        let (batches, _) = read(&bytes, &file, &all(&schema), &[]).unwrap();
        assert_eq!(
            column_of_array(batches[0].rows.column(0), data_type, true).unwrap(),
            column,
            "{data_type:?}"
        );
        check_bounds(&schema, &[column], &file);
    }
}

#[test]
fn random_columns_come_back_as_arrays_and_as_rows() {
    cases(60, 3_000, |random| {
        let rows = rows(random).min(5_000);
        let columns: Vec<Column> = TYPES.iter().map(|&data_type| column(random, data_type, rows)).collect();
        let types: Vec<_> = columns.iter().map(|column| (column.data_type(), column.is_nullable())).collect();
        let schema = table(&types);
        let batch = batch_of_columns(&schema, columns.clone()).unwrap();
        let (first, rest) = (random.below(rows as u64 + 1) as usize, rows);
        let parts = [batch.slice(0, first), batch.slice(first, rest - first)];
        let bloom: Vec<i32> = (1..=20).filter(|_| random.below(4) == 0).collect();
        let (bytes, file) = write(&schema, &parts, &bloom);
        assert_eq!(
            write(&schema, &parts, &bloom),
            (bytes.clone(), file.clone()),
            "the same bytes for the same rows"
        );

        let (batches, counters) = read(&bytes, &file, &all(&schema), &[]).unwrap();
        assert_eq!((counters.rows_given, counters.bytes <= bytes.len() as u64), (rows as u64, true));
        let mut start = 0;
        for found in &batches {
            assert_eq!(found.rows, batch.slice(start, found.rows.num_rows()));
            check_rows(&schema, &columns, start, &found.rows);
            start += found.rows.num_rows();
        }
        assert_eq!(start, rows);
        check_bounds(&schema, &columns, &file);
        check_with_parquet(&bytes, &batch);
    });
}

fn check_rows(schema: &Schema, columns: &[Column], start: usize, batch: &RecordBatch) {
    let mut rows = BatchRows::new(batch, schema);
    for row in start..start + batch.num_rows() {
        assert!(rows.advance());
        for (at, column) in columns.iter().enumerate() {
            assert_eq!(rows.value(at).unwrap().to_owned(), column.get(row), "column {at}, row {row}");
        }
    }
    assert!(!rows.advance());
    for (at, column) in columns.iter().enumerate() {
        let found = column_of_array(batch.column(at), column.data_type(), column.is_nullable()).unwrap();
        let places: Vec<usize> = (start..start + batch.num_rows()).collect();
        assert_eq!(found, column.take(&places));
    }
}

/// Parquet's own reader finds the same, ids and all, and no schema of Arrow.
fn check_with_parquet(bytes: &Bytes, batch: &RecordBatch) {
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes.clone()).unwrap();
    assert!(reader.metadata().file_metadata().key_value_metadata().is_none());
    let found: Vec<RecordBatch> = reader.build().unwrap().collect::<Result<_, _>>().unwrap();
    let mut start = 0;
    for found in found {
        assert_eq!(found.schema(), batch.schema());
        assert_eq!(found, batch.slice(start, found.num_rows()));
        start += found.num_rows();
    }
    assert_eq!(start, batch.num_rows());
}

/// Every value is within the bounds, which are as narrow as they can be; every count is right.
fn check_bounds(schema: &Schema, columns: &[Column], file: &DataFile) {
    for (field, column) in schema.fields.iter().zip(columns) {
        let values: Vec<Value> = (0..column.len()).map(|at| column.get(at)).collect();
        let is_nan = |value: &&Value| matches!(value, Value::Real(real) if real.is_nan());
        let nans = values.iter().filter(is_nan).count();
        let there: Vec<&Value> =
            values.iter().filter(|value| **value != Value::Null && !is_nan(value)).collect();
        assert_eq!(file.value_counts[&field.id], column.len() as i64);
        assert_eq!(file.null_value_counts[&field.id], column.nulls() as i64);
        assert_eq!(file.nan_value_counts.get(&field.id).copied().unwrap_or(0), nans as i64);
        assert!(file.column_sizes[&field.id] > 0 || column.is_empty());
        let bounds = (file.lower_bounds.get(&field.id), file.upper_bounds.get(&field.id));
        let (Some(lower), upper) = bounds else {
            assert!(there.is_empty(), "no lower bound of {field:?}");
            continue;
        };
        let least = there.iter().copied().min_by(|a, b| order(a, b)).unwrap();
        let greatest = there.iter().copied().max_by(|a, b| order(a, b)).unwrap();
        check_lower(&field.kind, lower, least);
        match upper {
            Some(upper) => check_upper(&field.kind, upper, greatest),
            None => assert!(
                matches!(greatest, Value::Text(text) if text.starts_with(&"\u{10FFFF}".repeat(16)))
                    || matches!(greatest, Value::Blob(bytes) if bytes.starts_with(&[0xFF; 16])),
                "no upper bound of {field:?}"
            ),
        }
    }
}

fn order(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Integer(a), Value::Integer(b)) => a.cmp(b),
        (Value::Real(a), Value::Real(b)) => a.total_cmp(b),
        (Value::Text(a), Value::Text(b)) => a.cmp(b),
        (Value::Blob(a), Value::Blob(b)) => a.cmp(b),
        _ => panic!("{a:?} beside {b:?}"),
    }
}

/// A value in the bytes that the specification has for it; a decimal comes as its own text.
fn exact(kind: &Type, value: &Value) -> Vec<u8> {
    match (kind, value) {
        (Type::Boolean, Value::Integer(bit)) => vec![u8::from(*bit == 1)],
        (Type::Int | Type::Date, Value::Integer(value)) => (*value as i32).to_le_bytes().to_vec(),
        (Type::Float, Value::Real(real)) => (*real as f32).to_le_bytes().to_vec(),
        (Type::Double, Value::Real(real)) => real.to_le_bytes().to_vec(),
        (Type::Decimal { .. }, value) => minimal(unscaled(value)),
        (_, Value::Integer(value)) => value.to_le_bytes().to_vec(),
        (_, Value::Text(text)) => text.clone().into_bytes(),
        (_, Value::Blob(bytes)) => bytes.clone(),
        (kind, value) => panic!("{value:?} of {kind}"),
    }
}

fn unscaled(value: &Value) -> i128 {
    match value {
        Value::Integer(value) => (*value).into(),
        Value::Text(text) if text.starts_with('1') => text[1..].parse().unwrap(),
        Value::Text(text) => {
            let digits: String = text[1..].bytes().map(|digit| char::from(b'9' - (digit - b'0'))).collect();
            -digits.parse::<i128>().unwrap()
        }
        other => panic!("{other:?}"),
    }
}

/// The shortest two's complement: the shortest suffix that gives the number back.
fn minimal(value: i128) -> Vec<u8> {
    let bytes = value.to_be_bytes();
    let same = |length: &usize| {
        let shift = 8 * (16 - *length as u32);
        (value << shift) >> shift == value
    };
    bytes[16 - (1..=16).find(same).unwrap()..].to_vec()
}

fn check_lower(kind: &Type, bound: &[u8], least: &Value) {
    let exact = exact(kind, least);
    match kind {
        Type::String => {
            let start: String = String::from_utf8(exact).unwrap().chars().take(16).collect();
            assert_eq!(bound, start.as_bytes());
        }
        Type::Binary => assert_eq!(bound, &exact[..exact.len().min(16)]),
        Type::Float | Type::Double if is_zero(least) => {
            assert_eq!(bound.last(), Some(&0x80), "-0.0 is the lower bound");
        }
        _ => assert_eq!(bound, exact),
    }
}

fn check_upper(kind: &Type, bound: &[u8], greatest: &Value) {
    let exact = exact(kind, greatest);
    match kind {
        Type::String => {
            let (bound, greatest) = (std::str::from_utf8(bound).unwrap(), String::from_utf8(exact).unwrap());
            assert!(bound.chars().count() <= 16 && *bound >= *greatest, "{bound:?} {greatest:?}");
            assert!(greatest.chars().count() > 16 || bound == greatest);
        }
        Type::Binary => {
            assert!(bound.len() <= 16 && *bound >= *exact && (exact.len() > 16 || bound == exact));
        }
        Type::Float | Type::Double if is_zero(greatest) => {
            assert!(bound.iter().all(|&byte| byte == 0), "0.0 is the upper bound");
        }
        _ => assert_eq!(bound, exact),
    }
}

fn is_zero(value: &Value) -> bool {
    matches!(value, Value::Real(real) if *real == 0.0)
}

#[test]
fn columns_that_are_not_those_of_the_table_are_refused() {
    let schema = table(&[(DataType::I64, false)]);
    let (wrong, optional) = (table(&[(DataType::I32, false)]), table(&[(DataType::I64, true)]));
    let batch = |schema: &Schema, data_type, value| {
        let mut column = Column::new(data_type, true);
        column.push(value).unwrap();
        batch_of_columns(schema, vec![column]).unwrap()
    };
    let mut writer = FileWriter::new(&schema, &[]).unwrap();
    let refused = writer.write(&batch(&wrong, DataType::I32, ValueRef::Integer(1)));
    assert!(matches!(refused, Err(FileError::Mismatch { .. })), "{refused:?}");
    let refused = writer.write(&batch(&optional, DataType::I64, ValueRef::Null));
    assert!(matches!(refused, Err(FileError::Null { .. })), "{refused:?}");
    writer.write(&batch(&optional, DataType::I64, ValueRef::Integer(7))).unwrap();
    assert_eq!(writer.finish().unwrap().1.record_count, 1);
}

#[test]
fn large_tables_have_several_row_groups_and_pages() {
    let mut random = Random(7);
    let rows = 300_000;
    let mut ids = Column::new(DataType::Uuid, false);
    let mut numbers = Column::new(DataType::I64, false);
    for row in 0..rows {
        let id = (u128::from(random.bits()) << 64 | u128::from(random.bits())).to_be_bytes();
        ids.push(ValueRef::Blob(&id)).unwrap();
        numbers.push(ValueRef::Integer(row)).unwrap();
    }
    let schema = table(&[(DataType::Uuid, false), (DataType::I64, false)]);
    let batch = batch_of_columns(&schema, vec![ids, numbers]).unwrap();
    let (bytes, file) = write(&schema, &[batch], &[1]);
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes).unwrap();
    let groups = reader.metadata().row_groups();
    let rows: Vec<i64> = groups.iter().map(parquet::file::metadata::RowGroupMetaData::num_rows).collect();
    assert_eq!(rows, [131_072, 131_072, 37_856]);
    assert_eq!(file.split_offsets.len(), 3);
    let bounds = (file.lower_bounds[&2].clone(), file.upper_bounds[&2].clone());
    assert_eq!(bounds, (0i64.to_le_bytes().to_vec(), 299_999i64.to_le_bytes().to_vec()));
    for group in groups {
        let filter = group.column(0).bloom_filter_length().unwrap();
        assert!((1 << 15..1 << 19).contains(&filter), "{filter} bytes for {} ids", group.num_rows());
        assert!(
            group.column(0).column_index_length().is_some()
                && group.column(1).bloom_filter_offset().is_none()
        );
    }
}
