//! What fuzzing begins with: sound segments of every type in every encoding, and sound files, each for the target that
//! decodes it.
//!
//! `fuzz_seeds FOLDER`

use std::{error::Error, fs, path::Path};

use terrace::vortex::{Encoding, FileWriter, Profile, Values, encode_as};
use terrace_tests::{Random, columns};

/// Rows of a segment: less than a vector, and a few more than one.
const ROWS: [usize; 3] = [1, 30, 1_030];

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("fuzz_seeds FOLDER")?;
    let random = &mut Random(1);
    for data_type in columns::TYPES {
        for rows in ROWS {
            let (mut writer, mut segments) = (FileWriter::new(["column"]), Vec::new());
            for &encoding in Encoding::ALL {
                let column = columns::column_of(random, data_type, true, rows);
                let segment = encode_as(&column, Profile::Compact, Some(encoding))?;
                let target = match column.values() {
                    Values::Bool(_) => "bools",
                    Values::F32(_) | Values::F64(_) => "floats",
                    Values::Bytes(_) => "strings",
                    Values::Wide(_) => "wides",
                    _ => "ints",
                };
                let name = format!("{data_type:?} {rows} {}", encoding.name());
                keep(Path::new(&folder).join(target), &name, &segment)?;
                segments.push(segment);
            }
            for segment in segments.iter().take(2) {
                writer.push(&[segment])?;
            }
            let file = writer.finish()?;
            // without what the target adds: the beginning, which never differs, and the checksum
            let seed = [&file[8..file.len() - 8], &file[file.len() - 4..]].concat();
            keep(Path::new(&folder).join("file"), &format!("{data_type:?} {rows}"), &seed)?;
        }
    }
    Ok(())
}

fn keep(folder: impl AsRef<Path>, name: &str, bytes: &[u8]) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(&folder)?;
    Ok(fs::write(folder.as_ref().join(name), bytes)?)
}
