//! Writing the change log: events gather in memory during a transaction and are appended when it ends.
//!
//! Keeps invariants 1 and 2: the append is part of the same transaction, and the sequence numbers of an append follow
//! from the tail row that it was checked against. A small transaction appends to the tail row while that fits in a
//! page; a large one writes rows of its own. So a mutation costs one row, and many together cost few.

use crate::{
    Timestamp,
    cdc::{
        Checksum, Lineage,
        bytes::{Reader, put_varint},
        frame::{self, Placement},
    },
    error::{Cause, Outcome},
    value::{RowBuf, ValueRef},
};

use super::backend::Backend;

/// The tables of the log. `state` of a row holds the checksums of the collections as they are after its events; those
/// that it does not name are in `_terrace_checksum`.
pub(super) const TABLES: [&str; 5] = [
    "CREATE TABLE IF NOT EXISTS _terrace_log (first_seq INTEGER PRIMARY KEY, count INTEGER NOT NULL, \
     parts INTEGER NOT NULL, state BLOB NOT NULL, bytes BLOB NOT NULL) STRICT",
    "CREATE TABLE IF NOT EXISTS _terrace_log_part (first_seq INTEGER NOT NULL, part INTEGER NOT NULL, \
     bytes BLOB NOT NULL, PRIMARY KEY (first_seq, part)) STRICT, WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS _terrace_checksum (collection INTEGER PRIMARY KEY, documents INTEGER NOT NULL, \
     sum BLOB NOT NULL) STRICT",
    "CREATE TABLE IF NOT EXISTS _terrace_lineage (first_seq INTEGER PRIMARY KEY, lineage BLOB NOT NULL) STRICT",
    "CREATE TABLE IF NOT EXISTS _terrace_consumer (name TEXT PRIMARY KEY, acknowledged INTEGER NOT NULL) \
     STRICT, WITHOUT ROWID",
];

const READ_TAIL: &str =
    "SELECT first_seq, count, length(bytes), state FROM _terrace_log ORDER BY first_seq DESC LIMIT 1";
/// Changes nothing when the row is not the tail any more, or not as it was.
const APPEND_TAIL: &str = "UPDATE _terrace_log SET count = count + ?3, state = ?4, \
                           bytes = CAST(bytes || ?5 AS BLOB) WHERE first_seq = ?1 AND count = ?2 \
                           AND NOT EXISTS (SELECT 1 FROM _terrace_log WHERE first_seq > ?1)";
const INSERT_ROW: &str =
    "INSERT INTO _terrace_log (first_seq, count, parts, state, bytes) VALUES (?1, ?2, ?3, ?4, ?5)";
const INSERT_PART: &str = "INSERT INTO _terrace_log_part (first_seq, part, bytes) VALUES (?1, ?2, ?3)";
const READ_CHECKSUM: &str = "SELECT documents, sum FROM _terrace_checksum WHERE collection = ?1";
const WRITE_CHECKSUM: &str =
    "INSERT OR REPLACE INTO _terrace_checksum (collection, documents, sum) VALUES (?1, ?2, ?3)";

/// Up to how many bytes the tail row grows: what fits in a page of 4 kB beside its other columns.
const PAGE: usize = 3_000;
/// Up to how many bytes of events gather before a row of their own is written.
const ROW: usize = 64_000;
/// How many bytes of one row stand in the log itself; the rest of a greater one stands in parts of this size.
const PART: usize = 1_000_000;
/// Up to how many collections the state of a row names.
const STATE_ENTRIES: usize = 24;

/// The log as a transaction sees it.
#[derive(Debug, Default)]
pub(super) struct Log {
    tail: Option<Tail>,
    /// Encoded events of the open transaction that are in no row yet.
    pending: Vec<u8>,
    pending_count: u64,
    /// How many events of the open transaction are in rows already.
    written: u64,
    /// The time of the open transaction, once it has written.
    time: Option<Timestamp>,
    /// What the open transaction did to the checksums, by collection.
    changes: Vec<(u64, Checksum)>,
    levels: Vec<Level>,
    /// How many events were ever recorded here, those that were rolled back included.
    recorded: u64,
    scratch: Vec<u8>,
}

/// The last row of the log.
#[derive(Debug, Default, Clone)]
struct Tail {
    first: u64,
    count: u64,
    bytes: usize,
    checksums: Vec<(u64, Checksum)>,
}

/// What a savepoint goes back to.
#[derive(Debug)]
struct Level {
    pending: usize,
    pending_count: u64,
    written: u64,
    changes: Vec<(u64, Checksum)>,
    /// The events that were pending when it began, once they were written to rows which its rollback takes away.
    saved: Option<Vec<u8>>,
}

impl Log {
    /// How many transactions are open, one inside of the other.
    pub(super) fn depth(&self) -> usize {
        self.levels.len()
    }

    /// A transaction or a savepoint begins.
    pub(super) fn begin(&mut self) {
        self.levels.push(Level {
            pending: self.pending.len(),
            pending_count: self.pending_count,
            written: self.written,
            changes: self.changes.clone(),
            saved: None,
        });
    }

    /// The innermost one ends well.
    pub(super) fn commit(&mut self) {
        self.levels.pop();
        if self.levels.is_empty() {
            self.reset();
        }
    }

    /// The innermost one is rolled back: the log is again as it was when it began.
    pub(super) fn rollback(&mut self) {
        let Some(level) = self.levels.pop() else { return };
        if let Some(saved) = level.saved {
            self.pending = saved;
        }
        self.pending.truncate(level.pending);
        self.pending_count = level.pending_count;
        self.written = level.written;
        self.changes = level.changes;
        self.tail = None;
        if self.levels.is_empty() {
            self.reset();
        }
    }

    fn reset(&mut self) {
        self.pending.clear();
        self.pending_count = 0;
        self.written = 0;
        self.time = None;
        self.changes.clear();
    }

    /// Adds one event, which `encode` appends.
    pub(super) fn record(
        &mut self,
        backend: &dyn Backend,
        clock: &dyn Fn() -> Timestamp,
        encode: impl FnOnce(&mut Vec<u8>) -> Outcome<()>,
    ) -> Outcome<()> {
        let start = self.pending.len();
        if let Err(failure) = encode(&mut self.pending) {
            self.pending.truncate(start);
            return Err(failure);
        }
        if start > 0 && self.pending.len() > ROW {
            let event = self.pending.split_off(start);
            self.write(backend, clock, false)?;
            self.pending.extend_from_slice(&event);
        }
        self.pending_count += 1;
        self.recorded += 1;
        Ok(())
    }

    /// A count that moves with every event: to see whether a step left one.
    pub(super) fn recorded(&self) -> u64 {
        self.recorded
    }

    /// Adds to the checksum of a collection.
    pub(super) fn change(&mut self, collection: u64) -> &mut Checksum {
        let found = self.changes.iter().position(|(of, _)| *of == collection);
        let at = found.unwrap_or_else(|| {
            self.changes.push((collection, Checksum::default()));
            self.changes.len() - 1
        });
        &mut self.changes[at].1
    }

    /// Writes what is pending, at the end of the outermost transaction.
    pub(super) fn flush(&mut self, backend: &dyn Backend, clock: &dyn Fn() -> Timestamp) -> Outcome<()> {
        if self.pending.is_empty() { Ok(()) } else { self.write(backend, clock, true) }
    }

    fn write(&mut self, backend: &dyn Backend, clock: &dyn Fn() -> Timestamp, ends: bool) -> Outcome<()> {
        let time = *self.time.get_or_insert_with(clock);
        let place = Placement { time, preceding: self.written, ends };
        self.scratch.clear();
        frame::encode(&mut self.scratch, place, &self.pending);
        let appended = match &mut self.tail {
            Some(tail) if tail.bytes + self.scratch.len() <= PAGE => {
                append(backend, tail, self.pending_count, &self.changes, &self.scratch)?
            }
            _ => false,
        };
        if !appended {
            self.write_checked(backend)?;
        }
        for level in &mut self.levels {
            level.saved.get_or_insert_with(|| self.pending[..level.pending].to_vec());
        }
        self.written += self.pending_count;
        self.pending.clear();
        self.pending_count = 0;
        self.changes.clear();
        Ok(())
    }

    /// As `write`, with the tail read anew: it was not known, was full, or another connection has written.
    fn write_checked(&mut self, backend: &dyn Backend) -> Outcome<()> {
        let mut tail = read_tail(backend)?.unwrap_or_default();
        let fits = tail.count > 0 && tail.bytes + self.scratch.len() <= PAGE;
        if !fits || !append(backend, &mut tail, self.pending_count, &self.changes, &self.scratch)? {
            insert(backend, &mut tail, self.pending_count, &self.changes, &self.scratch)?;
        }
        self.tail = Some(tail);
        Ok(())
    }

    /// The number that the next event will have.
    pub(super) fn next_sequence(&self, backend: &dyn Backend) -> Outcome<u64> {
        Ok(head(backend)? + self.pending_count + 1)
    }

    /// The checksum of a collection as the open transaction sees it.
    pub(super) fn checksum(&self, backend: &dyn Backend, collection: u64) -> Outcome<Checksum> {
        let tail = read_tail(backend)?.unwrap_or_default();
        let stored = stored_checksum(backend, &tail, collection)?;
        let change = self.changes.iter().find(|(of, _)| *of == collection);
        Ok(change.map_or(stored, |(_, change)| stored.after(*change)))
    }
}

/// The sequence number of the last event that is in a row; 0 before the first.
pub(super) fn head(backend: &dyn Backend) -> Outcome<u64> {
    Ok(read_tail(backend)?.map_or(0, |tail| (tail.first + tail.count).saturating_sub(1)))
}

/// Sets the checksum of a collection, after a migration changed what it is made of.
pub(super) fn set_checksum(backend: &dyn Backend, collection: u64, checksum: Checksum) -> Outcome<()> {
    let Some(mut tail) = read_tail(backend)? else { return Ok(()) };
    tail.checksums.retain(|(of, _)| *of != collection);
    write_checksum(backend, collection, checksum)?;
    let state = encode_state(&tail.checksums);
    let parameters = [integer(tail.first), ValueRef::Blob(&state)];
    backend.execute("UPDATE _terrace_log SET state = ?2 WHERE first_seq = ?1", &parameters.as_slice())?;
    Ok(())
}

/// The lineages of the object with the first sequence number of each, the oldest first.
pub(super) fn read_lineages(backend: &dyn Backend) -> Outcome<Vec<(u64, Lineage)>> {
    let mut lineages = Vec::new();
    let sql = "SELECT first_seq, lineage FROM _terrace_lineage ORDER BY first_seq";
    super::read::each(backend, sql, &RowBuf::new(), |row| {
        let bytes = super::read::blob(row, 1)?;
        let lineage =
            bytes.try_into().map_err(|_| corrupt("the list of lineages", "a lineage has 16 bytes"))?;
        lineages.push((super::read::unsigned(row, 0)?, Lineage(lineage)));
        Ok(())
    })?;
    Ok(lineages)
}

/// Adds a lineage that begins with event `first`.
pub(super) fn write_lineage(backend: &dyn Backend, first: u64, lineage: Lineage) -> Outcome<()> {
    let parameters = [integer(first), ValueRef::Blob(&lineage.0)];
    let sql = "INSERT OR REPLACE INTO _terrace_lineage (first_seq, lineage) VALUES (?1, ?2)";
    backend.execute(sql, &parameters.as_slice()).map(drop)
}

/// Appends a frame to the tail row; false when the row is not as `tail` says.
fn append(
    backend: &dyn Backend,
    tail: &mut Tail,
    count: u64,
    changes: &[(u64, Checksum)],
    frame: &[u8],
) -> Outcome<bool> {
    let Some(checksums) = added(backend, tail, changes)? else { return Ok(false) };
    let state = encode_state(&checksums);
    let parameters = [
        integer(tail.first),
        integer(tail.count),
        integer(count),
        ValueRef::Blob(&state),
        ValueRef::Blob(frame),
    ];
    if backend.execute(APPEND_TAIL, &parameters.as_slice())? == 0 {
        return Ok(false);
    }
    tail.count += count;
    tail.bytes += frame.len();
    tail.checksums = checksums;
    Ok(true)
}

/// Writes a frame to a new row, which becomes the tail.
fn insert(
    backend: &dyn Backend,
    tail: &mut Tail,
    count: u64,
    changes: &[(u64, Checksum)],
    frame: &[u8],
) -> Outcome<()> {
    let first = if tail.count == 0 { 1 } else { tail.first + tail.count };
    let checksums = match added(backend, tail, changes)? {
        Some(checksums) => checksums,
        None => fold(backend, tail, changes)?,
    };
    let state = encode_state(&checksums);
    let mut parts = frame.chunks(PART);
    let head = parts.next().unwrap_or_default();
    let parameters = [
        integer(first),
        integer(count),
        integer(parts.len() as u64),
        ValueRef::Blob(&state),
        ValueRef::Blob(head),
    ];
    backend.execute(INSERT_ROW, &parameters.as_slice())?;
    for (part, bytes) in parts.enumerate() {
        let parameters = [integer(first), integer(part as u64), ValueRef::Blob(bytes)];
        backend.execute(INSERT_PART, &parameters.as_slice())?;
    }
    *tail = Tail { first, count, bytes: frame.len(), checksums };
    Ok(())
}

/// The tail's checksums with the changes; none when there are too many for one row.
fn added(
    backend: &dyn Backend,
    tail: &Tail,
    changes: &[(u64, Checksum)],
) -> Outcome<Option<Vec<(u64, Checksum)>>> {
    let mut checksums = tail.checksums.clone();
    for (collection, change) in changes {
        let after = stored_checksum(backend, tail, *collection)?.after(*change);
        match checksums.iter_mut().find(|(of, _)| of == collection) {
            Some((_, checksum)) => *checksum = after,
            None => checksums.push((*collection, after)),
        }
    }
    Ok((checksums.len() <= STATE_ENTRIES).then_some(checksums))
}

/// Moves the checksums of the tail, with the changes, into their own table.
fn fold(backend: &dyn Backend, tail: &Tail, changes: &[(u64, Checksum)]) -> Outcome<Vec<(u64, Checksum)>> {
    for (collection, checksum) in &tail.checksums {
        write_checksum(backend, *collection, *checksum)?;
    }
    for (collection, change) in changes {
        let after = stored_checksum(backend, tail, *collection)?.after(*change);
        write_checksum(backend, *collection, after)?;
    }
    Ok(Vec::new())
}

fn write_checksum(backend: &dyn Backend, collection: u64, checksum: Checksum) -> Outcome<()> {
    let sum = checksum.sum.to_le_bytes();
    let parameters = [integer(collection), integer(checksum.documents), ValueRef::Blob(&sum)];
    backend.execute(WRITE_CHECKSUM, &parameters.as_slice()).map(drop)
}

fn stored_checksum(backend: &dyn Backend, tail: &Tail, collection: u64) -> Outcome<Checksum> {
    if let Some((_, checksum)) = tail.checksums.iter().find(|(of, _)| *of == collection) {
        return Ok(*checksum);
    }
    let mut checksum = Checksum::default();
    super::read::each(backend, READ_CHECKSUM, &[integer(collection)].as_slice(), |row| {
        let sum = super::read::blob(row, 1)?.try_into();
        let sum = sum.map_err(|_| corrupt("a checksum", "it has not 16 bytes"))?;
        checksum = Checksum { documents: super::read::unsigned(row, 0)?, sum: u128::from_le_bytes(sum) };
        Ok(())
    })?;
    Ok(checksum)
}

fn read_tail(backend: &dyn Backend) -> Outcome<Option<Tail>> {
    let mut tail = None;
    super::read::each(backend, READ_TAIL, &RowBuf::new(), |row| {
        tail = Some(Tail {
            first: super::read::unsigned(row, 0)?,
            count: super::read::unsigned(row, 1)?,
            bytes: usize::try_from(super::read::unsigned(row, 2)?).unwrap_or(usize::MAX),
            checksums: decode_state(super::read::blob(row, 3)?)
                .map_err(|problem| corrupt("the state of the change log", problem.0))?,
        });
        Ok(())
    })?;
    Ok(tail)
}

/// Per collection: its number, varint · documents, varint · sum, 16 bytes, little-endian.
fn encode_state(checksums: &[(u64, Checksum)]) -> Vec<u8> {
    let mut state = Vec::with_capacity(checksums.len() * 20);
    for (collection, checksum) in checksums {
        put_varint(&mut state, *collection);
        put_varint(&mut state, checksum.documents);
        state.extend_from_slice(&checksum.sum.to_le_bytes());
    }
    state
}

fn decode_state(bytes: &[u8]) -> Result<Vec<(u64, Checksum)>, crate::cdc::bytes::Damaged> {
    let mut from = Reader::new(bytes);
    let mut checksums = Vec::new();
    while !from.is_empty() {
        let collection = from.varint()?;
        let documents = from.varint()?;
        checksums.push((collection, Checksum { documents, sum: u128::from_le_bytes(from.array()?) }));
    }
    Ok(checksums)
}

pub(super) fn corrupt(what: &str, problem: &str) -> Cause {
    Cause::Corrupt { what: what.to_owned(), problem: problem.to_owned() }
}

/// A number that is no greater than `i64::MAX`, as all that are counted here.
pub(super) fn integer(number: u64) -> ValueRef<'static> {
    ValueRef::Integer(number.cast_signed())
}
