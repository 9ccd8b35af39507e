//! What VRTX promises of every column and every byte.

use std::panic::{AssertUnwindSafe, catch_unwind};

use terrace::vortex::{Column, DataType, Encoding, Profile, Segment, encode_as};
use terrace_tests::{Random, columns, long, seed};

/// Runs a case for each of many seeds that follow from one; a failure prints the case's own.
fn cases(normal: u64, many: u64, case: impl Fn(&mut Random)) {
    let given = std::env::var("TERRACE_SEED").is_ok();
    let count = if given { 1 } else if long() { many } else { normal };
    let mut seeds = Random(seed());
    for _ in 0..count {
        let seed = if given { seed() } else { seeds.bits() };
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| case(&mut Random(seed)))) {
            eprintln!("TERRACE_SEED={seed}");
            std::panic::resume_unwind(panic);
        }
    }
    println!("{count} cases");
}

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
        let bytes = terrace::vortex::encode(&column, profile(random)).unwrap();
        assert_eq!(Segment::open(&bytes).unwrap().decode().unwrap(), column, "{:?}", column.data_type());
    });
}

/// Invariant 7, in each encoding that the column can have.
#[test]
fn every_encoding_comes_back() {
    cases(1_000, 30_000, |random| {
        let column = any_column(random);
        for &encoding in Encoding::ALL {
            let bytes = encode_as(&column, profile(random), Some(encoding)).unwrap();
            assert_eq!(Segment::open(&bytes).unwrap().decode().unwrap(), column, "{encoding:?}");
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
        let bytes = terrace::vortex::encode(&column, profile).unwrap();
        assert!(terrace::vortex::encode(&column, profile).unwrap() == bytes);
    });
}

#[test]
fn a_column_of_nulls_takes_no_room() {
    let column = Column::new(DataType::Text, true);
    let bytes = terrace::vortex::encode(&column, Profile::Fast).unwrap();
    assert!(bytes.len() < 16);
}
