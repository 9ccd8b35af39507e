//! Files of VRTX that one build writes and another reads: native code and wasm compress and decompress by different
//! libraries.

use terrace::vortex::{Column, Encoding, File, FileWriter, Profile, Segment, Values, VrtxError, encode_as};

use crate::{
    Random, columns,
    conformance::{Checked, Failed},
    hostile,
};

/// The row groups of a file: how each is encoded.
const GROUPS: [(Profile, Option<Encoding>); 4] = [
    (Profile::Fast, None),
    (Profile::Compact, None),
    (Profile::Compact, Some(Encoding::Zstd)),
    (Profile::Compact, Some(Encoding::Pco)),
];

/// The columns of every type that follow from a seed, row group by row group.
fn groups(random: &mut Random) -> Vec<Vec<Column>> {
    let rows: Vec<usize> = GROUPS.iter().map(|_| columns::rows(random).min(4_000)).collect();
    let column = |random: &mut Random, at: usize, rows| {
        columns::column_of(random, columns::TYPES[at], at.is_multiple_of(2), rows)
    };
    let group = |rows| (0..columns::TYPES.len()).map(|at| column(random, at, rows)).collect();
    rows.into_iter().map(group).collect()
}

/// The file that this build writes of a seed.
///
/// # Errors
/// A column cannot be encoded.
pub fn write(seed: u64) -> Result<Vec<u8>, VrtxError> {
    let mut writer = FileWriter::new(columns::TYPES.iter().map(|data_type| format!("{data_type:?}")));
    for ((profile, only), group) in GROUPS.into_iter().zip(groups(&mut Random(seed))) {
        let segments: Result<Vec<_>, _> =
            group.iter().map(|column| encode_as(column, profile, only)).collect();
        writer.push(&segments?)?;
    }
    writer.finish()
}

/// Sees whether a file that another build has written of a seed is read as what it was. In the profile `fast` every build
/// writes the same bytes, but of strings: the symbols of FSST follow the hashes of a machine word. Then reads damaged
/// segments of it, which give a value or an error (invariant 8).
///
/// # Errors
/// What is not as it was.
pub fn check(seed: u64, bytes: &[u8]) -> Checked {
    let random = &mut Random(seed);
    let groups = groups(random);
    let file = File::open(bytes)?;
    for (number, ((profile, only), group)) in GROUPS.into_iter().zip(&groups).enumerate() {
        for (at, column) in group.iter().enumerate() {
            let name = || format!("{:?} of group {number}", column.data_type());
            let segment = file.segment(number, at).map_err(|error| Failed(format!("{}: {error}", name())))?;
            if segment.decode()? != *column {
                return Err(Failed(format!("{} has other values", name())));
            }
            let found = file.bytes(number, at).unwrap_or_default();
            let is_same = profile == Profile::Fast && !matches!(column.values(), Values::Bytes(_));
            if is_same && encode_as(column, profile, only)? != found {
                return Err(Failed(format!("{} has other bytes", name())));
            }
            for _ in 0..10 {
                let damaged = hostile::damaged(random, found);
                drop(Segment::open(&damaged).and_then(|segment| segment.decode()));
            }
        }
    }
    Ok(())
}
