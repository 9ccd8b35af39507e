//! The bytes of VRTX: what is pinned, and what happens to damaged ones.

// numbers are cut on purpose
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::unwrap_used)]

use std::fmt::Write;

#[cfg(feature = "compact")]
use terrace::value::Value;
use terrace::{
    value::ValueRef,
    vortex::{Column, DataType, Encoding, File, FileWriter, Profile, Segment, encode, encode_as},
};
use terrace_tests::{Random, columns, hostile, long, seed};

fn example() -> Vec<u8> {
    let mut column = Column::new(DataType::I32, false);
    for number in [7, 8, 10, 7] {
        column.push(ValueRef::Integer(number)).unwrap();
    }
    let mut writer = FileWriter::new(["n"]);
    writer.push(&[encode(&column, Profile::Fast).unwrap()]).unwrap();
    writer.finish().unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// The example of docs/vrtx.md is what the code writes.
#[test]
fn the_example_of_the_specification_is_what_is_written() {
    let document = include_str!("../../docs/vrtx.md");
    let example_text = document.split("## An example").nth(1).unwrap().split("```").nth(1).unwrap();
    let documented: String = example_text
        .lines()
        .flat_map(|line| line.split("  ").next().unwrap_or_default().split(' '))
        .collect();
    assert_eq!(hex(&example()), documented);
}

/// One row group with a column for each type and encoding, of values that a formula gives.
#[cfg(feature = "compact")]
fn golden() -> Vec<(String, Column, Encoding)> {
    let mut all = Vec::new();
    for data_type in columns::TYPES {
        for &encoding in Encoding::ALL {
            let mut column = Column::new(data_type, true);
            for row in 0..40u64 {
                column.push(golden_value(data_type, row).as_ref()).unwrap();
            }
            all.push((format!("{data_type:?} {}", encoding.name()), column, encoding));
        }
    }
    all
}

#[cfg(feature = "compact")]
fn golden_value(data_type: DataType, row: u64) -> Value {
    let number = (row / 3 * 5 % 60).cast_signed();
    match data_type {
        _ if row == 17 => Value::Null,
        DataType::Bool => Value::Integer(number & 1),
        DataType::F32 | DataType::F64 => Value::Real(f64::from(row as u32 / 4) / 8.0),
        DataType::Text => Value::Text(format!("text {number}")),
        DataType::Bytes => Value::Blob(vec![row as u8; row as usize % 4]),
        DataType::Fixed(length) => Value::Blob(vec![number as u8; length as usize]),
        DataType::Uuid => Value::Blob(vec![number as u8; 16]),
        DataType::Decimal { precision: 19.., .. } => Value::Text(format!("1{number:038}")),
        _ => Value::Integer(number),
    }
}

#[cfg(feature = "compact")]
const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/version-1.vrtx");

/// A file that version 1 wrote is read as what it was, for ever. The compressors pco and zstd may write other bytes in
/// other versions; all else is written as it was.
#[cfg(feature = "compact")]
#[test]
fn a_file_of_version_1_is_read_and_written_as_it_was() {
    let expected = golden();
    let segments: Vec<Vec<u8>> = expected
        .iter()
        .map(|(_, column, encoding)| encode_as(column, Profile::Fast, Some(*encoding)).unwrap())
        .collect();
    if std::env::var_os("TERRACE_GOLDEN").is_some() {
        let mut writer = FileWriter::new(expected.iter().map(|(name, ..)| name.as_str()));
        writer.push(&segments).unwrap();
        std::fs::write(GOLDEN, writer.finish().unwrap()).unwrap();
    }
    let bytes = std::fs::read(GOLDEN).unwrap();
    let file = File::open(&bytes).unwrap();
    assert_eq!(file.names().len(), expected.len());
    for (at, (name, column, encoding)) in expected.iter().enumerate() {
        assert_eq!(file.segment(0, at).unwrap().decode().unwrap(), *column, "{name}");
        if !matches!(encoding, Encoding::Pco | Encoding::Zstd) {
            assert!(file.bytes(0, at) == Some(&segments[at]), "{name} is written with other bytes");
        }
    }
}

/// One of ten varied files: each type is in one of them with NULLs and in one without. The even ones have the profile
/// `fast`; every other row group is in encodings that chance forces. The last two have more rows than a vector.
fn varied_file(random: &mut Random, number: usize) -> Vec<u8> {
    let types: Vec<DataType> = columns::TYPES.iter().copied().skip(number % 5).step_by(5).collect();
    let profile = if number.is_multiple_of(2) { Profile::Fast } else { Profile::Compact };
    let mut writer = FileWriter::new(types.iter().map(|data_type| format!("{data_type:?}")));
    for group in 0..3 {
        let rows = if number < 8 { 1 + random.below(40) } else { 1020 + random.below(40) };
        let segment = |data_type: &DataType| {
            let column = columns::column_of(random, *data_type, number < 5, rows as usize);
            let encoding = Encoding::ALL[random.below(Encoding::ALL.len() as u64) as usize];
            encode_as(&column, profile, (group % 2 == 1).then_some(encoding)).unwrap()
        };
        writer.push(&types.iter().map(segment).collect::<Vec<_>>()).unwrap();
    }
    writer.finish().unwrap()
}

/// Everything that a file holds, or nothing if a part of it is refused.
fn contents(bytes: &[u8]) -> Option<Vec<Column>> {
    let file = File::open(bytes).ok()?;
    let mut columns = Vec::new();
    for group in 0..file.groups() {
        for column in 0..file.names().len() {
            Segment::open(file.bytes(group, column)?).ok()?;
            columns.push(file.segment(group, column).ok()?.decode().ok()?);
        }
    }
    Some(columns)
}

/// Invariant 8: every single bit of ten varied files, flipped: detected, or without effect. So is every bit of a
/// segment by itself, as SQLite keeps it.
#[test]
fn every_flipped_bit_is_detected_or_harmless() {
    let seed = seed();
    println!("TERRACE_SEED={seed}");
    let mut random = Random(seed);
    let (mut flips, mut harmless) = (0, 0);
    for number in 0..10 {
        let mut bytes = varied_file(&mut random, number);
        let whole = contents(&bytes).unwrap();
        let mut check = |found: Option<Vec<Column>>, whole: &[Column], what: &str| {
            assert!(
                found.as_ref().is_none_or(|found| found == whole),
                "TERRACE_SEED={seed}: file {number}, {what}"
            );
            (flips, harmless) = (flips + 1, harmless + u64::from(found.is_some()));
        };
        for bit in 0..bytes.len() * 8 {
            flip(&mut bytes, bit);
            check(contents(&bytes), &whole, &format!("bit {bit}"));
            flip(&mut bytes, bit);
        }
        let file = File::open(&bytes).unwrap();
        let places =
            (0..file.groups()).flat_map(|group| (0..file.names().len()).map(move |column| (group, column)));
        for ((group, column), whole) in places.zip(&whole) {
            let mut segment = file.bytes(group, column).unwrap().to_vec();
            for bit in 0..segment.len() * 8 {
                flip(&mut segment, bit);
                let found = Segment::open(&segment).and_then(|segment| segment.decode()).ok();
                check(
                    found.map(|found| vec![found]),
                    std::slice::from_ref(whole),
                    &format!("segment {group} {column}, bit {bit}"),
                );
                flip(&mut segment, bit);
            }
        }
    }
    println!("{flips} flips, {harmless} of them harmless");
}

fn flip(bytes: &mut [u8], bit: usize) {
    bytes[bit / 8] ^= 1 << (bit % 8);
}

/// A file that is cut anywhere is refused.
#[test]
fn a_cut_file_is_refused() {
    let seed = seed();
    let bytes = varied_file(&mut Random(seed), 3);
    for length in 0..bytes.len() {
        assert!(File::open(&bytes[..length]).is_err(), "TERRACE_SEED={seed}: {length} bytes");
    }
}

/// Invariant 8: segments with wrong bytes and the right checksum give a value or an error, in every decoder.
#[test]
fn hostile_segments_give_a_value_or_an_error() {
    let seed = seed();
    println!("TERRACE_SEED={seed}");
    let mut random = Random(seed);
    let count = if long() { 2_000_000 } else { 20_000 };
    let (mut executions, mut values) = (0u64, 0u64);
    while executions < count {
        let data_type = columns::TYPES[random.below(20) as usize];
        let rows = random.below(1500) as usize;
        let column = columns::column(&mut random, data_type, rows);
        let only = Encoding::ALL[random.below(Encoding::ALL.len() as u64) as usize];
        let whole = encode_as(&column, Profile::Compact, Some(only)).unwrap();
        for _ in 0..50 {
            let bytes = hostile::damaged(&mut random, &whole);
            executions += 1;
            values += u64::from(gives_values(&bytes));
        }
    }
    println!("{executions} executions, {values} of them gave values");
}

/// Opens and decodes bytes, whole and in part; whether they gave values.
fn gives_values(bytes: &[u8]) -> bool {
    let Ok(segment) = Segment::open(bytes) else { return false };
    let rows = segment.rows();
    let _ = segment.decode_range(rows / 3..rows / 2);
    #[cfg(feature = "arrow")]
    let _ = segment.decode_arrow(0..rows);
    segment.decode().is_ok()
}
