//! The checksums of an object's collections, as the log's rows carry them.
//!
//! The `state` of a log row holds those of all collections that were written to, so that a checksum costs no row of its
//! own. When they are too many for a row they are moved to a table; what `state` does not name is there.

use crate::{
    bytes::{Damaged, Reader, put_varint},
    cdc::Checksum,
    error::Outcome,
    value::ValueRef,
};

use super::{
    backend::Backend,
    read::{self, corrupt, integer},
};

/// Checksums by the numbers of their collections.
pub(super) type Checksums = Vec<(u64, Checksum)>;

const READ_CHECKSUM: &str = "SELECT documents, sum FROM _terrace_checksum WHERE collection = ?1";
const WRITE_CHECKSUM: &str =
    "INSERT OR REPLACE INTO _terrace_checksum (collection, documents, sum) VALUES (?1, ?2, ?3)";

/// Up to how many collections the state of a row names.
const STATE_ENTRIES: usize = 24;

/// The checksums of a row with the changes; none when there are too many for one row.
pub(super) fn added(
    backend: &dyn Backend,
    row: &Checksums,
    changes: &[(u64, Checksum)],
) -> Outcome<Option<Checksums>> {
    let mut checksums = row.clone();
    for (collection, change) in changes {
        let after = stored(backend, row, *collection)?.after(*change);
        match checksums.iter_mut().find(|(of, _)| of == collection) {
            Some((_, checksum)) => *checksum = after,
            None => checksums.push((*collection, after)),
        }
    }
    Ok((checksums.len() <= STATE_ENTRIES).then_some(checksums))
}

/// Moves the checksums of a row, with the changes, into their own table; gives those of the next row.
pub(super) fn fold(
    backend: &dyn Backend,
    row: &Checksums,
    changes: &[(u64, Checksum)],
) -> Outcome<Checksums> {
    for (collection, change) in changes {
        let after = stored(backend, row, *collection)?.after(*change);
        write(backend, *collection, after)?;
    }
    for (collection, checksum) in
        row.iter().filter(|(of, _)| !changes.iter().any(|(changed, _)| changed == of))
    {
        write(backend, *collection, *checksum)?;
    }
    Ok(Vec::new())
}

pub(super) fn write(backend: &dyn Backend, collection: u64, checksum: Checksum) -> Outcome<()> {
    let sum = checksum.sum.to_le_bytes();
    let parameters = [integer(collection), integer(checksum.documents), ValueRef::Blob(&sum)];
    backend.execute(WRITE_CHECKSUM, &parameters.as_slice()).map(drop)
}

/// The checksum of a collection after the events of a row.
pub(super) fn stored(backend: &dyn Backend, row: &Checksums, collection: u64) -> Outcome<Checksum> {
    if let Some((_, checksum)) = row.iter().find(|(of, _)| *of == collection) {
        return Ok(*checksum);
    }
    let found = read::first(backend, READ_CHECKSUM, &[integer(collection)].as_slice(), |row| {
        let sum = read::blob(row, 1)?.try_into().map_err(|_| corrupt("a checksum", "it has not 16 bytes"))?;
        Ok(Checksum { documents: read::unsigned(row, 0)?, sum: u128::from_le_bytes(sum) })
    })?;
    Ok(found.unwrap_or_default())
}

/// Per collection: its number, varint · documents, varint · sum, 16 bytes, little-endian.
pub(super) fn encode(checksums: &[(u64, Checksum)]) -> Vec<u8> {
    let mut state = Vec::with_capacity(checksums.len() * 20);
    for (collection, checksum) in checksums {
        put_varint(&mut state, *collection);
        put_varint(&mut state, checksum.documents);
        state.extend_from_slice(&checksum.sum.to_le_bytes());
    }
    state
}

pub(super) fn decode(bytes: &[u8]) -> Result<Checksums, Damaged> {
    let mut from = Reader::new(bytes);
    let mut checksums = Vec::new();
    while !from.is_empty() {
        let collection = from.varint()?;
        let documents = from.varint()?;
        checksums.push((collection, Checksum { documents, sum: u128::from_le_bytes(from.array()?) }));
    }
    Ok(checksums)
}
