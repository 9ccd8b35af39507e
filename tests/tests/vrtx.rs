//! What VRTX promises of every column and every byte.

// numbers are cut on purpose
#![allow(clippy::cast_possible_truncation)]

use terrace::{
    filter::{Comparison, Place, Predicate},
    schema::{Capture, ColumnDef, Kind, Schema},
    value::Value,
    vortex::{
        Bitmap, Bounds, Column, DataType, Encoding, File, FileWriter, MAX_ROWS, Profile, Segment, Values,
        VrtxError, encode, encode_as, may_match, select,
    },
};
use terrace_tests::{Random, cases, columns};

fn profile(random: &mut Random) -> Profile {
    if random.below(3) == 0 { Profile::Compact } else { Profile::Fast }
}

fn any_column(random: &mut Random) -> Column {
    let data_type = columns::TYPES[random.below(20) as usize];
    let rows = columns::rows(random);
    columns::column(random, data_type, rows)
}

/// Invariant 7: decoding gives what was encoded, bit for bit, in the encoding that was chosen.
#[test]
fn every_column_comes_back() {
    cases(3_000, 100_000, |random| {
        let column = any_column(random);
        let bytes = encode(&column, profile(random)).unwrap();
        assert_eq!(Segment::open(&bytes).unwrap().decode().unwrap(), column, "{:?}", column.data_type());
    });
}

/// Invariant 7, in each encoding that the column can have.
#[test]
fn every_encoding_comes_back() {
    cases(1_000, 100_000, |random| {
        let column = any_column(random);
        for &encoding in Encoding::ALL {
            let bytes = encode_as(&column, profile(random), Some(encoding)).unwrap();
            assert_eq!(Segment::open(&bytes).unwrap().decode().unwrap(), column, "{encoding:?}");
        }
    });
}

/// Invariant 7, of whole tables: a file of columns of every type, each segment in an encoding that is forced or chosen.
#[test]
fn every_table_comes_back() {
    cases(300, 100_000, |random| {
        let types: Vec<(DataType, bool)> =
            columns::TYPES.into_iter().map(|data_type| (data_type, random.below(2) == 0)).collect();
        let mut writer = FileWriter::new(types.iter().map(|(data_type, _)| format!("{data_type:?}")));
        let mut groups: Vec<Vec<Column>> = Vec::new();
        for _ in 0..random.below(3) {
            let rows = columns::rows(random) % 1100;
            let column = |&(data_type, nullable)| columns::column_of(random, data_type, nullable, rows);
            groups.push(types.iter().map(column).collect());
        }
        for group in &groups {
            let segment = |column: &Column| {
                let encoding = Encoding::ALL[random.below(Encoding::ALL.len() as u64) as usize];
                encode_as(column, profile(random), (random.below(2) == 0).then_some(encoding)).unwrap()
            };
            writer.push(&group.iter().map(segment).collect::<Vec<_>>()).unwrap();
        }
        let bytes = writer.finish().unwrap();
        let file = File::open(&bytes).unwrap();
        assert_eq!((file.groups(), file.names().len()), (groups.len(), types.len()));
        for (number, group) in groups.iter().enumerate() {
            for (at, column) in group.iter().enumerate() {
                assert_eq!(file.segment(number, at).unwrap().decode().unwrap(), *column);
            }
        }
    });
}

/// Part of a segment is that part of its rows.
#[test]
fn every_range_comes_back() {
    cases(1_000, 30_000, |random| {
        let column = any_column(random);
        let encoding = Encoding::ALL[random.below(Encoding::ALL.len() as u64) as usize];
        let bytes = encode_as(&column, profile(random), Some(encoding)).unwrap();
        let start = random.below(column.len() as u64 + 1) as usize;
        let end = start + random.below((column.len() - start) as u64 + 1) as usize;
        let part = Segment::open(&bytes).unwrap().decode_range(start..end).unwrap();
        let wanted = column.take(&(start..end).collect::<Vec<_>>());
        assert_eq!(part, wanted, "{encoding:?} {start}..{end}");
    });
}

/// The same values give the same bytes.
#[test]
fn encoding_is_deterministic() {
    cases(300, 10_000, |random| {
        let (column, profile) = (any_column(random), profile(random));
        let bytes = encode(&column, profile).unwrap();
        assert!(encode(&column, profile).unwrap() == bytes);
    });
}

/// The selected rows of a segment are those rows.
#[test]
fn every_selection_comes_back() {
    cases(500, 10_000, |random| {
        let column = any_column(random);
        let bytes = encode(&column, profile(random)).unwrap();
        let one_in = 1 + random.below(200);
        let rows: Bitmap = (0..column.len()).map(|_| random.below(one_in) == 0).collect();
        let selected = Segment::open(&bytes).unwrap().decode_selected(&rows).unwrap();
        assert_eq!(selected, column.take(&rows.ones().collect::<Vec<_>>()));
    });
}

#[test]
fn a_column_without_rows_has_a_segment() {
    for data_type in columns::TYPES {
        let column = Column::new(data_type, true);
        let bytes = encode(&column, Profile::Fast).unwrap();
        assert_eq!(Segment::open(&bytes).unwrap().decode().unwrap(), column);
    }
}

#[test]
fn too_many_rows_are_refused() {
    let values = Values::Int(vec![0; MAX_ROWS + 1]);
    let column = Column::from_values(DataType::I64, false, values, None).unwrap();
    assert!(matches!(encode(&column, Profile::Fast), Err(VrtxError::TooLarge(_))));
}

/// The statistics are exact: they are what a look at every value gives.
#[test]
fn statistics_are_exact() {
    cases(1_000, 10_000, |random| {
        let column = any_column(random);
        let bytes = encode(&column, profile(random)).unwrap();
        let segment = Segment::open(&bytes).unwrap();
        let statistics = segment.statistics();
        assert_eq!((statistics.rows, statistics.nulls), (column.len(), column.nulls()));
        let values: Vec<Value> =
            (0..column.len()).map(|at| column.get(at)).filter(|value| *value != Value::Null).collect();
        if let Some(Bounds::Int(least, greatest)) = statistics.bounds {
            let numbers = values.iter().map(|value| match value {
                Value::Integer(number) => *number,
                other => panic!("{other:?}"),
            });
            assert_eq!((Some(least), Some(greatest)), (numbers.clone().min(), numbers.max()));
        }
        let has_bounds = values.iter().any(|value| !matches!(value, Value::Real(real) if real.is_nan()));
        assert_eq!(statistics.bounds.is_some(), has_bounds);
    });
}

/// A random condition on the columns `c0`, `c1` and one that the group lacks; its values are often those of the columns.
fn any_predicate(random: &mut Random, columns: &[Column], depth: u64) -> Predicate {
    let pick = random.below(columns.len() as u64 + 1) as usize;
    let column: std::borrow::Cow<'static, str> = format!("c{pick}").into();
    let value = |random: &mut Random| match columns.get(pick) {
        Some(values) if !values.is_empty() && random.below(8) > 0 => {
            values.get(random.below(values.len() as u64) as usize)
        }
        _ => Value::Integer(random.bits().cast_signed()),
    };
    let near = |random: &mut Random| match value(random) {
        Value::Integer(number) => Value::Integer(number.wrapping_add(random.below(3).cast_signed() - 1)),
        Value::Text(mut text) => {
            text.truncate(
                (0..=text.len())
                    .rev()
                    .find(|&at| text.is_char_boundary(at) && random.below(2) == 0)
                    .unwrap_or(0),
            );
            Value::Text(text)
        }
        other => other,
    };
    match random.below(if depth > 0 { 9 } else { 6 }) {
        0 => Predicate::IsNull { column },
        1 => Predicate::In { column, values: (0..random.below(4)).map(|_| near(random)).collect() },
        2 => {
            let place = [Place::Anywhere, Place::Start, Place::End][random.below(3) as usize];
            let part = ["", "e", "00", "Bonn"][random.below(4) as usize].to_owned();
            Predicate::Text { column, place, part }
        }
        3..6 => {
            use Comparison::{Eq, Ge, Gt, Le, Lt, Ne};
            let comparison = [Eq, Ne, Lt, Le, Gt, Ge][random.below(6) as usize];
            Predicate::Compare { column, comparison, value: near(random) }
        }
        6 => Predicate::Not(Box::new(any_predicate(random, columns, depth - 1))),
        join => {
            let terms = (0..random.below(4)).map(|_| any_predicate(random, columns, depth - 1)).collect();
            if join == 7 { Predicate::And(terms) } else { Predicate::Or(terms) }
        }
    }
}

/// A schema of columns without constraints, for the oracle: `Predicate::test` sees nothing but their names.
const NAMES: [ColumnDef; 2] = [column_def("c0"), column_def("c1")];

const fn column_def(name: &'static str) -> ColumnDef {
    ColumnDef { name, kind: Kind::I64, labels: &[], nullable: true, was: &[], mask: false, fill: None }
}

const SCHEMA: Schema = Schema {
    name: "any",
    columns: &NAMES,
    id: &[],
    indexes: &[],
    version: None,
    capture: Capture::Full,
    partition: &[],
    sort: &[],
    merge_on_read: false,
    cache_seconds: None,
    columnar: None,
    snapshot: None,
};

/// A scan finds the rows for which the predicate is true in memory, and pruning never rules one of them out.
#[test]
fn a_scan_finds_what_a_naive_one_finds() {
    cases(3_000, 100_000, |random| {
        let rows = columns::rows(random).min(2100);
        let columns: Vec<Column> = (0..2)
            .map(|_| {
                let data_type = columns::TYPES[random.below(20) as usize];
                columns::column(random, data_type, rows)
            })
            .collect();
        let encoding = Encoding::ALL[random.below(Encoding::ALL.len() as u64) as usize];
        let only = (random.below(2) == 0).then_some(encoding);
        let profile = profile(random);
        let bytes: Vec<Vec<u8>> =
            columns.iter().map(|column| encode_as(column, profile, only).unwrap()).collect();
        let predicate = any_predicate(random, &columns, 2);
        let place = |name: &str| name[1..].parse::<usize>().ok().filter(|&at| at < 2);
        let found = select(&predicate, rows, &mut |name: &str| {
            place(name).map(|at| Segment::open(&bytes[at])).transpose()
        });
        let found = found.unwrap();
        for row in 0..rows {
            let values: Vec<Value> = columns.iter().map(|column| column.get(row)).collect();
            let wanted = predicate.test(&SCHEMA, &values).unwrap() == Some(true);
            assert_eq!(found.get(row), wanted, "row {row}: {values:?} {predicate:?} {encoding:?}");
        }
        let segments: Vec<Segment<'_>> = bytes.iter().map(|bytes| Segment::open(bytes).unwrap()).collect();
        let statistics = |name: &str| place(name).map(|at| segments[at].statistics());
        assert!(found.count() == 0 || may_match(&predicate, &statistics), "{predicate:?} was ruled out");
    });
}

#[test]
fn a_column_of_nulls_takes_no_room() {
    let column = Column::new(DataType::Text, true);
    let bytes = encode(&column, Profile::Fast).unwrap();
    assert!(bytes.len() < 16);
}
