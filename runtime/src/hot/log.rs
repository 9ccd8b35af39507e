//! Writing the change log: events gather in memory during a transaction and are appended when it ends.
//!
//! Keeps invariants 1 and 2: the append is part of the same transaction, and the sequence numbers of an append follow
//! from the tail row that it was checked against. A small transaction appends to the tail row while that fits in a
//! page; a large one writes rows of its own. So a mutation costs one row, and many together cost few.

use crate::{
    Timestamp,
    cdc::{
        Checksum,
        frame::{self, Placement},
    },
    error::Outcome,
    value::ValueRef,
};

use super::{
    backend::Backend,
    state::Checksums,
    tail::{self, Addition, Tail},
};

/// The tables of the log. `state` of a row holds the checksums of the collections as they are after its events; those
/// that it does not name are in `_terrace_checksum`. `_terrace_bookmark` is empty, but while a bookmark of the database is
/// taken.
pub(super) const TABLES: [&str; 6] = [
    "CREATE TABLE IF NOT EXISTS _terrace_log (first_seq INTEGER PRIMARY KEY, count INTEGER NOT NULL, \
     parts INTEGER NOT NULL, state BLOB NOT NULL, bytes BLOB NOT NULL) STRICT",
    "CREATE TABLE IF NOT EXISTS _terrace_log_part (first_seq INTEGER NOT NULL, part INTEGER NOT NULL, \
     bytes BLOB NOT NULL, PRIMARY KEY (first_seq, part)) STRICT, WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS _terrace_checksum (collection INTEGER PRIMARY KEY, documents INTEGER NOT NULL, \
     sum BLOB NOT NULL) STRICT",
    "CREATE TABLE IF NOT EXISTS _terrace_lineage (first_seq INTEGER PRIMARY KEY, lineage BLOB NOT NULL) STRICT",
    "CREATE TABLE IF NOT EXISTS _terrace_consumer (name TEXT PRIMARY KEY, acknowledged INTEGER NOT NULL) \
     STRICT, WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS _terrace_bookmark (mark BLOB PRIMARY KEY) STRICT, WITHOUT ROWID",
];

/// From how many bytes of events on a row of their own is written.
const ROW: usize = 64_000;

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
    changes: Checksums,
    levels: Vec<Level>,
    /// How many events were ever recorded here, those that were rolled back included.
    recorded: u64,
    scratch: Vec<u8>,
}

/// The event of a document, as long as it is the last.
#[derive(Debug)]
pub(super) struct Recorded {
    pub(super) bytes: usize,
    pub(super) collection: u64,
    pub(super) change: Checksum,
}

/// What a savepoint goes back to.
#[derive(Debug)]
struct Level {
    pending: usize,
    pending_count: u64,
    written: u64,
    changes: Checksums,
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
            self.tail = None;
        }
        self.pending.truncate(level.pending);
        self.pending_count = level.pending_count;
        self.written = level.written;
        self.changes = level.changes;
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

    /// Adds one event, which `encode` appends; gives the number of its bytes.
    pub(super) fn record(
        &mut self,
        backend: &dyn Backend,
        clock: &dyn Fn() -> Timestamp,
        encode: impl FnOnce(&mut Vec<u8>) -> Outcome<()>,
    ) -> Outcome<usize> {
        if self.is_full() {
            self.write(backend, clock, false)?;
        }
        let start = self.pending.len();
        if let Err(failure) = encode(&mut self.pending) {
            self.pending.truncate(start);
            return Err(failure);
        }
        self.pending_count += 1;
        self.recorded += 1;
        Ok(self.pending.len() - start)
    }

    /// Whether the next event makes a row of those that are pending, which a savepoint has to be able to take back.
    pub(super) fn is_full(&self) -> bool {
        self.pending.len() >= ROW
    }

    /// Takes back the last event, whose document could not be written.
    pub(super) fn take_back(&mut self, event: &Recorded) {
        self.pending.truncate(self.pending.len() - event.bytes);
        self.pending_count -= 1;
        let checksum = self.change(event.collection);
        *checksum = checksum.before(event.change);
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
        self.encode(clock, ends);
        let addition = Addition { frame: &self.scratch, count: self.pending_count, changes: &self.changes };
        let appended = match &mut self.tail {
            Some(tail) => tail.append(backend, addition)?,
            None => false,
        };
        if !appended {
            // The tail was not known, is full, or another connection has written.
            let mut tail = Tail::read(backend)?.unwrap_or_default();
            tail.add(backend, addition)?;
            self.tail = Some(tail);
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

    /// Makes a frame of what is pending.
    fn encode(&mut self, clock: &dyn Fn() -> Timestamp, ends: bool) {
        let time = *self.time.get_or_insert_with(clock);
        let place = Placement { time, preceding: self.written, ends };
        self.scratch.clear();
        frame::encode(&mut self.scratch, place, &self.pending);
    }

    /// Appends what is pending, all of an outermost transaction, by a statement that `run` runs: with the number of the
    /// next event, the row's next state and the frame. False where the tail is not known, has no room, or was not so.
    pub(super) fn append_by(
        &mut self,
        backend: &dyn Backend,
        clock: &dyn Fn() -> Timestamp,
        run: impl FnOnce(&[ValueRef<'_>]) -> Outcome<bool>,
    ) -> Outcome<bool> {
        if self.tail.is_none() {
            return Ok(false);
        }
        self.encode(clock, true);
        let Some(tail) = &mut self.tail else { return Ok(false) };
        let frame = &*self.scratch;
        let addition = Addition { frame, count: self.pending_count, changes: &self.changes };
        tail.append_by(backend, addition, |next, state| {
            run(&[next, ValueRef::Blob(state), ValueRef::Blob(frame)])
        })
    }

    /// The number that the next event will have.
    pub(super) fn next_sequence(&self, backend: &dyn Backend) -> Outcome<u64> {
        Ok(tail::head(backend)? + self.pending_count + 1)
    }

    /// The checksum of a collection as the open transaction sees it.
    pub(super) fn checksum(&self, backend: &dyn Backend, collection: u64) -> Outcome<Checksum> {
        let stored = tail::checksum(backend, collection)?;
        let change = self.changes.iter().find(|(of, _)| *of == collection);
        Ok(change.map_or(stored, |(_, change)| stored.after(*change)))
    }
}
