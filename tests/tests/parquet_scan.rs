//! Reading a part of a file: whatever its pages, statistics and bloom filters are like, the rows are those for which the
//! filter is true in memory.

// numbers are cut on purpose
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::unwrap_used
)]
#![cfg(feature = "lake")]

use std::{collections::BTreeMap, sync::Arc};

use arrow_array::RecordBatch;
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use terrace::{
    cold::{
        iceberg::Schema as Table,
        parquet::{
            BatchRows, BoundPredicate, Counters, FileBatch, FileReader, FileWriter, Scan, batch_of_columns,
        },
    },
    filter::{Comparison, Place, Predicate},
    schema::{Capture, ColumnDef, Kind, Schema},
    value::{Row, Value, ValueRef},
    vortex::{Column, DataType},
};
use terrace_tests::{
    Random, cases,
    columns::{TYPES, column, rows},
    files::{OneFile, described, foreign, read, table},
};

const COMPARISONS: [Comparison; 6] =
    [Comparison::Eq, Comparison::Ne, Comparison::Lt, Comparison::Le, Comparison::Gt, Comparison::Ge];

/// A table, and rows of it as they are in memory.
struct Case {
    /// The table as it is now.
    table: Table,
    /// The columns' types now.
    types: Vec<(DataType, bool)>,
    /// The same columns for `Predicate::test`.
    schema: Schema,
    rows: Vec<Vec<Value>>,
    bytes: Bytes,
    fills: BTreeMap<i32, Value>,
}

/// The type that a column had before it was widened.
fn narrowed(data_type: DataType) -> DataType {
    match data_type {
        DataType::I64 => DataType::I32,
        DataType::F64 => DataType::F32,
        DataType::Decimal { precision: 9, scale } => DataType::Decimal { precision: 5, scale },
        DataType::Decimal { precision: 38, scale } => DataType::Decimal { precision: 18, scale },
        other => other,
    }
}

/// A file of random columns, and a table whose columns have been added, dropped, renamed and widened since.
fn case(random: &mut Random) -> Case {
    let count = 1 + random.below(6) as usize;
    let rows = rows(random).min(1_500);
    let mut file_columns = Vec::new();
    let mut file_types = Vec::new();
    let (mut types, mut values, mut fills, mut ids) = (Vec::new(), Vec::new(), BTreeMap::new(), Vec::new());
    for at in 0..count {
        let data_type = TYPES[random.below(TYPES.len() as u64) as usize];
        let (in_file, in_table) = (random.below(8) > 0, random.below(8) > 0);
        let was = if random.below(3) == 0 { narrowed(data_type) } else { data_type };
        let found = column(random, was, rows);
        let nullable = found.is_nullable() || !in_file;
        let fill = (random.below(2) == 0 && rows > 0).then(|| found.get(random.below(rows as u64) as usize));
        if in_table {
            let fill = fill.map(|fill| as_type(fill, was, data_type));
            if let Some(fill) = fill.clone().filter(|_| !in_file) {
                fills.insert(at as i32 + 1, fill);
            }
            types.push((data_type, nullable));
            ids.push(at as i32 + 1);
            values.push(
                (0..rows)
                    .map(|row| {
                        if in_file {
                            as_type(found.get(row), was, data_type)
                        } else {
                            fill.clone().unwrap_or(Value::Null)
                        }
                    })
                    .collect::<Vec<_>>(),
            );
        }
        if in_file {
            file_types.push((at, was, found.is_nullable()));
            file_columns.push(found);
        }
    }
    let mut now = table(&types);
    now.fields.iter_mut().zip(&ids).for_each(|(field, &id)| field.id = id);
    let mut then =
        table(&file_types.iter().map(|&(_, data_type, nullable)| (data_type, nullable)).collect::<Vec<_>>());
    for (field, (at, ..)) in then.fields.iter_mut().zip(&file_types) {
        (field.id, field.name) = (*at as i32 + 1, format!("was{at}"));
    }
    let bytes = if file_columns.is_empty() {
        Bytes::new()
    } else {
        foreign(random, &then, &batch_of_columns(&then, file_columns).unwrap())
    };
    let rows = (0..rows).map(|row| values.iter().map(|column| column[row].clone()).collect()).collect();
    Case { schema: schema(now.fields.len()), table: now, types, rows, bytes, fills }
}

/// A value of a narrower type as one of the wider: only wide decimals have another form.
fn as_type(value: Value, from: DataType, to: DataType) -> Value {
    match (value, from, to) {
        (Value::Integer(unscaled), DataType::Decimal { .. }, DataType::Decimal { precision: 38, .. }) => {
            let digits = format!("{:038}", unscaled.unsigned_abs());
            let complement: String = digits.bytes().map(|digit| char::from(b'0' + b'9' - digit)).collect();
            Value::Text(if unscaled < 0 { format!("0{complement}") } else { format!("1{digits}") })
        }
        (value, ..) => value,
    }
}

/// Columns `c0`, `c1`, …; a predicate looks at their names alone.
fn schema(columns: usize) -> Schema {
    let column = |at| ColumnDef {
        name: Box::leak(format!("c{at}").into_boxed_str()),
        kind: Kind::I64,
        labels: &[],
        nullable: true,
        was: &[],
        mask: false,
        fill: None,
    };
    Schema {
        name: "t",
        columns: Box::leak((0..columns).map(column).collect()),
        id: &[0],
        indexes: &[],
        version: None,
        capture: Capture::Full,
        partition: &[],
        sort: &[],
        merge_on_read: false,
        cache_seconds: None,
        columnar: None,
        snapshot: None,
    }
}

/// A value near those of a column, or far from them, or unlike them.
fn operand(random: &mut Random, case: &Case, column: usize) -> Value {
    let near = (!case.rows.is_empty())
        .then(|| case.rows[random.below(case.rows.len() as u64) as usize][column].clone());
    match (random.below(12), near) {
        (0, _) => Value::Null,
        (1, _) => Value::Integer(random.bits().cast_signed() >> random.below(64)),
        (2, _) => Value::Text(["", "1", "0", "the", "\u{10FFFF}"][random.below(5) as usize].to_owned()),
        (3, _) => Value::Real([0.0, -0.0, f64::INFINITY, f64::NAN, 1e300][random.below(5) as usize]),
        (4, _) => Value::Blob(random.bits().to_be_bytes()[..random.below(9) as usize].to_vec()),
        (_, Some(Value::Integer(near))) => Value::Integer(near.saturating_add(random.below(3) as i64 - 1)),
        (_, Some(Value::Real(near))) => Value::Real([near, -near, near.next_up()][random.below(3) as usize]),
        (_, Some(Value::Text(near))) => Value::Text(varied(random, &near)),
        (_, Some(Value::Blob(mut near))) => {
            match random.below(3) {
                0 => near.push(random.below(256) as u8),
                1 => drop(near.pop()),
                _ => {}
            }
            Value::Blob(near)
        }
        (_, _) => Value::Integer(0),
    }
}

fn varied(random: &mut Random, text: &str) -> String {
    let chars = text.chars();
    match random.below(4) {
        0 => chars.skip(random.below(3) as usize).collect(),
        1 => chars.take(random.below(20) as usize).collect(),
        2 => format!("{text}a"),
        _ => text.to_owned(),
    }
}

fn predicate(random: &mut Random, case: &Case, depth: u64) -> Predicate {
    let terms =
        |random: &mut Random| (0..random.below(4)).map(|_| predicate(random, case, depth - 1)).collect();
    match random.below(if depth == 0 { 5 } else { 9 }) {
        5 | 6 => Predicate::And(terms(random)),
        7 => Predicate::Or(terms(random)),
        8 => Predicate::Not(Box::new(predicate(random, case, depth - 1))),
        kind => {
            let at = random.below(case.types.len() as u64 + 1) as usize;
            let column = format!("c{at}").into();
            let operand = |random: &mut Random| {
                if at < case.types.len() { operand(random, case, at) } else { Value::Integer(1) }
            };
            match kind {
                0 => Predicate::IsNull { column },
                1 => {
                    Predicate::In { column, values: (0..random.below(5)).map(|_| operand(random)).collect() }
                }
                2 => {
                    let Value::Text(part) = operand(random) else { return Predicate::IsNull { column } };
                    let place = [Place::Start, Place::End, Place::Anywhere][random.below(3) as usize];
                    Predicate::Text { column, place, part }
                }
                _ => Predicate::Compare {
                    column,
                    comparison: COMPARISONS[random.below(6) as usize],
                    value: operand(random),
                },
            }
        }
    }
}

/// What a scan has to give: the places and values of the rows for which the filter is true.
fn expected(case: &Case, predicate: &Predicate, deleted: &[u64]) -> Vec<(u64, Vec<Value>)> {
    let rows = (0..).zip(&case.rows).filter(|(at, row)| {
        !deleted.contains(at) && predicate.test(&case.schema, *row).unwrap() == Some(true)
    });
    rows.map(|(at, row)| (at, row.clone())).collect()
}

fn found(table: &Table, batches: &[FileBatch]) -> Vec<(u64, Vec<Value>)> {
    let mut found = Vec::new();
    for batch in batches {
        let mut rows = BatchRows::new(&batch.rows, table);
        for at in batch.positions.iter().cloned().flatten() {
            assert!(rows.advance(), "more places than rows");
            let row = (0..rows.len()).map(|column| rows.value(column).unwrap().to_owned()).collect();
            found.push((at, row));
        }
        assert!(!rows.advance(), "more rows than places");
    }
    found
}

#[test]
fn what_is_ruled_out_never_changes_a_result() {
    let totals = std::cell::Cell::new(Counters::default());
    cases(400, 30_000, |random| {
        let case = case(random);
        if case.bytes.is_empty() {
            return;
        }
        let file = described(&case.bytes, case.rows.len());
        for _ in 0..8 {
            let predicate = predicate(random, &case, 2);
            let mut scan = Scan::new(case.table.clone(), BoundPredicate::new(&predicate, &case.table));
            (scan.fills, scan.positions, scan.batch_rows) =
                (case.fills.clone(), true, 1 + random.below(300) as usize);
            let every = random.below(30) + 1;
            let deleted: Vec<u64> = match random.below(3) {
                0 => (0..case.rows.len() as u64 + 3).filter(|_| random.below(every) == 0).collect(),
                _ => vec![],
            };
            let (batches, counters) = read(&case.bytes, &file, &scan, &deleted).unwrap();
            assert_eq!(found(&case.table, &batches), expected(&case, &predicate, &deleted), "{predicate:?}");
            let mut total = totals.get();
            total += counters;
            totals.set(total);
        }
    });
    let totals = totals.get();
    println!("{totals:?}");
    assert!(totals.row_groups_skipped > 0 && totals.pages_skipped > 0 && totals.bloom_filters > 0);
    assert!(totals.rows_given < totals.rows_decoded);
}

#[test]
fn what_a_manifest_rules_out_has_no_such_rows() {
    let skipped = std::cell::Cell::new(0);
    cases(300, 10_000, |random| {
        let rows = rows(random).min(300);
        let types: Vec<_> = (0..3).map(|_| TYPES[random.below(TYPES.len() as u64) as usize]).collect();
        let columns: Vec<Column> = types.iter().map(|&data_type| column(random, data_type, rows)).collect();
        let types: Vec<_> = columns.iter().map(|column| (column.data_type(), column.is_nullable())).collect();
        let table = table(&types);
        let mut writer = FileWriter::new(&table, &[]).unwrap();
        writer.write(&batch_of_columns(&table, columns.clone()).unwrap()).unwrap();
        let (bytes, file) = writer.finish().unwrap();
        let rows = (0..rows).map(|row| columns.iter().map(|column| column.get(row)).collect()).collect();
        let case = Case { schema: schema(3), table, types, rows, bytes, fills: BTreeMap::new() };
        for _ in 0..20 {
            let predicate = predicate(random, &case, 2);
            if !BoundPredicate::new(&predicate, &case.table).may_match(&file) {
                skipped.set(skipped.get() + 1);
                assert_eq!(expected(&case, &predicate, &[]), [], "{predicate:?}");
            }
        }
    });
    assert!(skipped.get() > 0);
}

/// 100,000 rows: `c0` ascends, `c1` is a random id, `c2` a text of few kinds.
fn sorted_file() -> (Table, Bytes, terrace::cold::iceberg::DataFile, Vec<[u8; 16]>) {
    let mut table = table(&[(DataType::I64, false), (DataType::Uuid, false), (DataType::Text, true)]);
    table.identifier_field_ids = vec![2];
    let mut random = Random(3);
    let mut columns: Vec<Column> = [(DataType::I64, false), (DataType::Uuid, false), (DataType::Text, true)]
        .map(|(data_type, nullable)| Column::new(data_type, nullable))
        .to_vec();
    let mut ids = Vec::new();
    for row in 0..100_000 {
        let id = (u128::from(random.bits()) << 64 | u128::from(random.bits())).to_be_bytes();
        columns[0].push(ValueRef::Integer(row * 2)).unwrap();
        columns[1].push(ValueRef::Blob(&id)).unwrap();
        columns[2].push(ValueRef::Text(["EWR", "JFK", "LGA"][row.rem_euclid(3) as usize])).unwrap();
        ids.push(id);
    }
    let mut writer = FileWriter::new(&table, &[2]).unwrap();
    writer.write(&batch_of_columns(&table, columns).unwrap()).unwrap();
    let (bytes, file) = writer.finish().unwrap();
    (table, bytes, file, ids)
}

fn compare(column: &'static str, comparison: Comparison, value: Value) -> Predicate {
    Predicate::Compare { column: column.into(), comparison, value }
}

#[test]
fn a_lookup_reads_little() {
    let (table, bytes, file, ids) = sorted_file();
    let read = |predicate: &Predicate| {
        let scan = Scan::new(table.clone(), BoundPredicate::new(predicate, &table));
        read(&bytes, &file, &scan, &[]).unwrap().1
    };
    let all = read(&Predicate::And(vec![]));
    assert_eq!((all.rows_given, all.row_groups_read, all.requests), (100_000, 1, 2));

    let one = read(&compare("c0", Comparison::Eq, Value::Integer(84_000)));
    assert!(one.rows_given == 1 && one.pages_skipped > 30, "{one:?}");
    assert!(one.rows_decoded <= 20_480 && one.bytes < all.bytes / 8, "{one:?} of {all:?}");

    let beyond = read(&compare("c0", Comparison::Gt, Value::Integer(1_000_000)));
    assert_eq!((beyond.row_groups_skipped, beyond.rows_decoded, beyond.requests), (1, 0, 1), "{beyond:?}");

    let there = read(&compare("c1", Comparison::Eq, Value::Blob(ids[77_777].to_vec())));
    assert_eq!((there.rows_given, there.bloom_filters), (1, 1), "{there:?}");

    let absent = (0..100u8).map(|last| read(&compare("c1", Comparison::Eq, Value::Blob(vec![last; 16]))));
    let absent: Vec<Counters> = absent.filter(|counters| counters.row_groups_skipped == 1).collect();
    assert!(absent.len() > 90, "{} of 100 ids are ruled out", absent.len());
    assert!(
        absent.iter().all(|counters| counters.rows_decoded == 0 && counters.bytes < 13_000),
        "{:?}",
        absent[0]
    );

    let certain = read(&compare("c0", Comparison::Ge, Value::Integer(0)));
    assert_eq!((certain.rows_given, certain.pages_skipped), (100_000, 0));
}

/// Bounds leave NaN out, which is in no list, and beside which every comparison is unknown.
#[test]
fn nan_is_in_no_list() {
    let mut column = Column::new(DataType::F64, false);
    for value in [1.0, f64::NAN, 1.0] {
        column.push(ValueRef::Real(value)).unwrap();
    }
    let table = table(&[(DataType::F64, false)]);
    let mut writer = FileWriter::new(&table, &[]).unwrap();
    writer.write(&batch_of_columns(&table, vec![column]).unwrap()).unwrap();
    let (bytes, file) = writer.finish().unwrap();
    let one = Predicate::In { column: "c0".into(), values: vec![Value::Real(1.0)] };
    let given = |predicate: Predicate| {
        let bound = BoundPredicate::new(&predicate, &table);
        assert!(bound.may_match(&file));
        read(&bytes, &file, &Scan::new(table.clone(), bound), &[]).unwrap().1.rows_given
    };
    assert_eq!((given(one.clone()), given(Predicate::Not(Box::new(one)))), (2, 1));
    assert_eq!(given(compare("c0", Comparison::Ge, Value::Real(1.0))), 2);
    let below = Predicate::Not(Box::new(compare("c0", Comparison::Ge, Value::Real(5.0))));
    assert_eq!(given(below), 2, "of a NaN it is unknown, and so is the opposite");
}

#[test]
fn a_file_without_the_ids_of_its_columns_is_refused() {
    let table = table(&[(DataType::I64, false)]);
    let mut column = Column::new(DataType::I64, false);
    column.push(ValueRef::Integer(1)).unwrap();
    let array = column.into_arrow().unwrap();
    let batch = RecordBatch::try_from_iter([("c0", array)]).unwrap();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let bytes = Bytes::from(bytes);
    let refused =
        read(&bytes, &described(&bytes, 1), &Scan::new(table, BoundPredicate::all()), &[]).unwrap_err();
    assert_eq!(refused.to_string(), "the file is damaged: its columns have no ids");
}

/// A scan can go on in another thread, where there are any.
#[test]
fn a_scan_can_be_sent() {
    fn check<T: Send>(_: &T) {}
    let (table, bytes, file, _) = sorted_file();
    let (store, scan) = (Arc::new(OneFile(bytes)), Arc::new(Scan::new(table, BoundPredicate::all())));
    check(&async {
        let mut reader = FileReader::open(store, "file".to_owned(), &file, scan, Vec::new()).await?;
        reader.next().await
    });
}
