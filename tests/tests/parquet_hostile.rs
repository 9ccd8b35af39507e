//! Invariant 8 for data files: whatever the bytes, rows or a typed error; no panic, and no memory out of proportion.

// numbers are cut on purpose
#![allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, clippy::unwrap_used)]
#![cfg(feature = "lake")]

use std::{
    alloc::System,
    panic::{AssertUnwindSafe, catch_unwind},
};

use bytes::Bytes;
use cap::Cap;
use parquet::{
    arrow::ArrowWriter,
    basic::Encoding,
    file::properties::{WriterProperties, WriterVersion},
};
use terrace::{
    cold::{
        iceberg::Schema,
        parquet::{BoundPredicate, FileWriter, Scan, batch_of_columns},
    },
    filter::{Comparison, Predicate},
    value::{Value, ValueRef},
    vortex::{Column, DataType},
};
use terrace_tests::{
    Random, cases,
    columns::{TYPES, column},
    files::{described, foreign, read, table},
};

/// Memory runs out beyond this, and with it the whole test.
const MEMORY: usize = 512 * 1024 * 1024;

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, MEMORY);

struct Target {
    table: Schema,
    rows: usize,
    bytes: Bytes,
    scans: [Scan; 2],
}

/// A small file of a few columns, ours or someone else's, and what to read of it.
fn target(random: &mut Random) -> Target {
    let rows = 20 + random.below(80) as usize;
    let types: Vec<_> =
        (0..=random.below(3)).map(|_| TYPES[random.below(TYPES.len() as u64) as usize]).collect();
    let columns: Vec<Column> = types.iter().map(|&data_type| column(random, data_type, rows)).collect();
    let (last, value) = (columns.len() - 1, columns[0].get(rows / 2));
    let table =
        table(&columns.iter().map(|column| (column.data_type(), column.is_nullable())).collect::<Vec<_>>());
    let batch = batch_of_columns(&table, columns).unwrap();
    let bytes = if random.below(3) == 0 {
        let mut writer = FileWriter::new(&table, &[1]).unwrap();
        writer.write(&batch).unwrap();
        writer.finish().unwrap().0
    } else {
        foreign(random, &table, &batch)
    };
    let equal = Predicate::Compare { column: "c0".into(), comparison: Comparison::Eq, value };
    let there = Predicate::Not(Box::new(Predicate::IsNull { column: format!("c{last}").into() }));
    let filter = match random.below(3) {
        0 => Predicate::And(vec![equal, there]),
        1 => equal,
        _ => Predicate::In { column: "c0".into(), values: vec![Value::Integer(1), Value::Text("a".into())] },
    };
    let scan = |predicate| Scan { positions: true, ..Scan::new(table.clone(), predicate) };
    let scans = [scan(BoundPredicate::all()), scan(BoundPredicate::new(&filter, &table))];
    Target { table, rows, bytes, scans }
}

impl Target {
    fn try_read(&self, bytes: Vec<u8>, what: &str) {
        let bytes = Bytes::from(bytes);
        let file = described(&bytes, self.rows);
        for (scan, all) in self.scans.iter().zip([true, false]) {
            let outcome = catch_unwind(AssertUnwindSafe(|| read(&bytes, &file, scan, &[])));
            let Ok(outcome) = outcome else { panic!("{what} of {:?}", self.table) };
            if let Ok((batches, counters)) = outcome {
                let rows: usize = batches.iter().map(|batch| batch.rows.num_rows()).sum();
                assert!(rows == self.rows || (!all && rows < self.rows), "{what}: {rows} of {}", self.rows);
                assert_eq!(counters.rows_given, rows as u64, "{what}");
            }
        }
    }
}

#[test]
fn flipped_bits_give_rows_or_an_error() {
    cases(40, 400, |random| {
        let target = target(random);
        for _ in 0..400 {
            let at = random.below(target.bytes.len() as u64 * 8) as usize;
            let mut bytes = target.bytes.to_vec();
            bytes[at / 8] ^= 1 << (at % 8);
            target.try_read(bytes, &format!("bit {at}"));
        }
    });
}

/// The counts in the headers of pages among them: no column beside this one tells that a page has a row too many.
#[test]
fn each_bit_of_a_file_of_one_column_gives_its_rows_or_an_error() {
    cases(60, 600, |random| {
        let target = std::iter::repeat_with(|| target(random)).find(|target| target.table.fields.len() == 1);
        let target = target.unwrap();
        for at in 0..target.bytes.len() * 8 {
            let mut bytes = target.bytes.to_vec();
            bytes[at / 8] ^= 1 << (at % 8);
            target.try_read(bytes, &format!("bit {at}"));
        }
    });
}

#[test]
fn changed_bytes_of_the_metadata_give_rows_or_an_error() {
    cases(60, 3_000, |random| {
        let target = target(random);
        let length = target.bytes.len();
        let tail = u32::from_le_bytes(target.bytes[length - 8..length - 4].try_into().unwrap()) as usize;
        let start = (length - 8 - tail).saturating_sub(300);
        for _ in 0..300 {
            let mut bytes = target.bytes.to_vec();
            for _ in 0..=random.below(3) {
                let at = start + random.below((length - start) as u64) as usize;
                bytes[at] = [0, 1, 0x7F, 0x80, 0xFF, random.below(256) as u8][random.below(6) as usize];
            }
            target.try_read(bytes, "metadata");
        }
    });
}

#[test]
fn changed_bytes_of_the_pages_give_rows_or_an_error() {
    cases(60, 3_000, |random| {
        let target = target(random);
        for _ in 0..300 {
            let mut bytes = target.bytes.to_vec();
            for _ in 0..=random.below(4) {
                let at = random.below(200.min(bytes.len() as u64)) as usize;
                bytes[at] = [0, 1, 0x7F, 0x80, 0xFF, random.below(256) as u8][random.below(6) as usize];
            }
            target.try_read(bytes, "pages");
        }
    });
}

#[test]
fn a_file_that_was_cut_or_is_none_gives_an_error() {
    cases(20, 300, |random| {
        let target = target(random);
        for _ in 0..50 {
            let mut bytes = target.bytes.to_vec();
            bytes.truncate(random.below(bytes.len() as u64) as usize);
            target.try_read(bytes, "a file that was cut");
            let any: Vec<u8> = (0..random.below(100)).map(|_| random.bits() as u8).chain(*b"PAR1").collect();
            target.try_read(any, "no file");
        }
        // the store holds less than the manifest says
        let cut = target.bytes.slice(..target.bytes.len() - 1);
        let refused = read(&cut, &described(&target.bytes, target.rows), &target.scans[0], &[]);
        assert!(refused.is_err());
        let refused = read(&target.bytes, &described(&target.bytes, target.rows + 1), &target.scans[0], &[]);
        assert!(refused.unwrap_err().to_string().contains("it does not have the"));
    });
}

/// A list that says it has two thousand million elements: Parquet's own decoder would make room for them.
#[test]
fn a_list_is_not_believed() {
    let mut random = Random(1);
    let target = target(&mut random);
    // version 1, then a field of structures: (id 4, row groups) of 2^31 - 1 elements
    let metadata = [
        0x15, 0x02, 0x19, 0x1C, 0x15, 0x00, 0x00, 0x16, 0x00, 0x19, 0xFC, 0xFF, 0xFF, 0xFF, 0xFF, 0x07, 0x00,
    ];
    let mut bytes = b"PAR1".to_vec();
    bytes.extend(metadata);
    bytes.extend((metadata.len() as u32).to_le_bytes());
    bytes.extend(b"PAR1");
    let bytes = Bytes::from(bytes);
    let refused = read(&bytes, &described(&bytes, target.rows), &target.scans[0], &[]).unwrap_err();
    assert_eq!(refused.to_string(), "the file is damaged: the metadata is cut off");
}

/// Pages of texts whose lengths are deltas say how many there are, and Parquet's own decoder would make room for them.
#[test]
fn the_count_of_a_page_is_not_believed() {
    for (encoding, version, nullable) in [
        (Encoding::DELTA_BYTE_ARRAY, WriterVersion::PARQUET_1_0, false),
        (Encoding::DELTA_BYTE_ARRAY, WriterVersion::PARQUET_2_0, true),
        (Encoding::DELTA_LENGTH_BYTE_ARRAY, WriterVersion::PARQUET_1_0, true),
        (Encoding::DELTA_LENGTH_BYTE_ARRAY, WriterVersion::PARQUET_2_0, false),
    ] {
        let mut texts = Column::new(DataType::Text, nullable);
        (0..200).for_each(|at| texts.push(ValueRef::Text(&format!("text {at}"))).unwrap());
        let table = table(&[(DataType::Text, nullable)]);
        let batch = batch_of_columns(&table, vec![texts]).unwrap();
        let properties = WriterProperties::builder()
            .set_writer_version(version)
            .set_dictionary_enabled(false)
            .set_encoding(encoding)
            .build();
        let mut bytes = Vec::new();
        let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        let scan = Scan::new(table.clone(), BoundPredicate::all());
        let whole = Bytes::from(bytes.clone());
        assert!(read(&whole, &described(&whole, 200), &scan, &[]).is_ok());
        // blocks of 128 lengths in 4 parts, 200 in all; there is one for all the lengths, or for the prefixes and the suffixes
        let head = [0x80, 0x01, 0x04, 0xC8, 0x01];
        let found: Vec<usize> =
            (0..bytes.len() - head.len()).filter(|&at| bytes[at..].starts_with(&head)).collect();
        assert_eq!(found.len(), if encoding == Encoding::DELTA_BYTE_ARRAY { 2 } else { 1 });
        for at in found {
            let mut bytes = bytes.clone();
            bytes[at + 3..at + 9].copy_from_slice(&[0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0x00]);
            let bytes = Bytes::from(bytes);
            let refused = read(&bytes, &described(&bytes, 200), &scan, &[]).unwrap_err();
            assert_eq!(refused.to_string(), "the file is damaged: a page has not the values that it says");
        }
    }
}
