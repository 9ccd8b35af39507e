//! docs/vrtx.md says all that a decoder needs: one that was written from it alone, in Python, reads what is written here.

// numbers are cut on purpose
#![allow(clippy::cast_possible_truncation, clippy::unwrap_used)]

use std::{
    fmt::Write,
    path::Path,
    process::{Command, Output},
};

use terrace::vortex::{Column, DataType, Encoding, File, FileWriter, Profile, Values, encode_as};
use terrace_tests::{Random, cases, columns};

/// What the second decoder prints of a file; none where there is no Python.
fn decoded(file: &Path) -> Option<String> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/vrtx/decode.py");
    let Ok(Output { status, stdout, stderr }) = Command::new("python3").arg(script).arg(file).output() else {
        println!("the second decoder of VRTX was not run: there is no python3");
        return None;
    };
    assert!(status.success(), "{}: {}", file.display(), String::from_utf8_lossy(&stderr));
    Some(String::from_utf8(stdout).unwrap())
}

/// A column as the second decoder prints it.
fn printed(column: &Column) -> String {
    let mut line = match column.data_type() {
        DataType::Fixed(length) => format!("fixed {length}"),
        DataType::Decimal { precision, scale } => format!("decimal {precision} {scale}"),
        other => format!("{other:?}").to_lowercase(),
    };
    line += if column.is_nullable() { " nullable:" } else { ":" };
    for row in 0..column.len() {
        match column.values() {
            _ if column.is_null(row) => line += " null",
            Values::Bool(values) => write!(line, " {}", u8::from(values.get(row))).unwrap(),
            Values::Int(values) => write!(line, " {}", values[row]).unwrap(),
            Values::F32(values) => write!(line, " {}", values[row].to_bits()).unwrap(),
            Values::F64(values) => write!(line, " {}", values[row].to_bits()).unwrap(),
            Values::Wide(values) => write!(line, " {}", values[row]).unwrap(),
            Values::Bytes(values) => {
                line += " x";
                values.get(row).iter().for_each(|byte| write!(line, "{byte:02x}").unwrap());
            }
            other => panic!("{other:?}"),
        }
    }
    line
}

/// Columns of every type, in every encoding of the profile `fast` that they can have, and in the one that is chosen.
fn any_columns(random: &mut Random) -> Vec<(Column, Option<Encoding>)> {
    let known = |encoding: &&Encoding| !matches!(encoding, Encoding::Pco | Encoding::Zstd);
    let encodings = Encoding::ALL.iter().filter(known).copied().map(Some).chain([None]);
    let pairs = encodings.flat_map(|encoding| columns::TYPES.map(|data_type| (data_type, encoding)));
    let rows = columns::rows(random).min(2_100);
    pairs.map(|(data_type, encoding)| (columns::column(random, data_type, rows), encoding)).collect()
}

/// Every value and all statistics of random files are read by the second decoder as they are.
#[test]
fn a_decoder_made_from_the_document_reads_every_encoding() {
    cases(2, 100, |random| {
        let columns = any_columns(random);
        let mut writer = FileWriter::new((0..columns.len()).map(|at| format!("column {at}")));
        let segments = columns.iter().map(|(column, only)| encode_as(column, Profile::Fast, *only).unwrap());
        writer.push(&segments.collect::<Vec<_>>()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file.vrtx");
        std::fs::write(&path, writer.finish().unwrap()).unwrap();
        let Some(found) = decoded(&path) else { return };
        assert_eq!(found.lines().count(), columns.len());
        for (at, (line, (column, encoding))) in found.lines().zip(&columns).enumerate() {
            let expected = format!("0 column {at}: {}", printed(column));
            assert!(line == expected, "{encoding:?}:\n{line}\nis not\n{expected}");
        }
    });
}

/// The golden file of version 1 is read by the second decoder, as far as it is not of the profile `compact`.
#[test]
fn a_decoder_made_from_the_document_reads_the_golden_file() {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/data/version-1.vrtx"));
    let Some(found) = decoded(path) else { return };
    let bytes = std::fs::read(path).unwrap();
    let file = File::open(&bytes).unwrap();
    assert_eq!(found.lines().count(), file.names().len());
    for (at, (line, name)) in found.lines().zip(file.names()).enumerate() {
        if line.ends_with("is not known here") {
            assert!(name.ends_with("pco") || name.ends_with("zstd"), "{line}");
            continue;
        }
        let column = file.segment(0, at).unwrap().decode().unwrap();
        assert_eq!(line, format!("0 {name}: {}", printed(&column)));
    }
}
