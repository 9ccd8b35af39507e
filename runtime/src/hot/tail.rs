//! The last row of the log, and how a frame of events is added behind it.
//!
//! Keeps invariant 2: sequence numbers follow from the tail, and an append is conditional on the row still being the
//! tail with the count that it was read with. So several connections share one gapless sequence.

use crate::{
    cdc::Checksum,
    error::Outcome,
    value::{RowBuf, ValueRef},
};

use super::{
    backend::Backend,
    read::{self, corrupt, integer},
    state::{self, Checksums},
};

const READ_TAIL: &str =
    "SELECT first_seq, count, length(bytes), state FROM _terrace_log ORDER BY first_seq DESC LIMIT 1";
/// Changes nothing when the last row does not end before number `?1`, as it did when it was read.
const APPEND_TAIL: &str = "UPDATE _terrace_log SET count = count + ?2, state = ?3, \
                           bytes = CAST(bytes || ?4 AS BLOB) \
                           WHERE first_seq = (SELECT max(first_seq) FROM _terrace_log) AND first_seq + count = ?1";
const INSERT_ROW: &str =
    "INSERT INTO _terrace_log (first_seq, count, parts, state, bytes) VALUES (?1, ?2, ?3, ?4, ?5)";
const INSERT_PART: &str = "INSERT INTO _terrace_log_part (first_seq, part, bytes) VALUES (?1, ?2, ?3)";
/// Up to how many bytes the tail row grows: what fits in a page of 4 kB beside its other columns.
const PAGE: usize = 3_000;
/// How many bytes of one row stand in the log itself; the rest of a greater one stands in parts of this size.
const PART: usize = 1_000_000;
/// The last row of the log.
#[derive(Debug, Default, Clone)]
pub(super) struct Tail {
    pub(super) first: u64,
    pub(super) count: u64,
    bytes: usize,
    pub(super) checksums: Checksums,
}

/// A frame with the number of its events, and what they did to the checksums.
#[derive(Debug, Clone, Copy)]
pub(super) struct Addition<'a> {
    pub(super) frame: &'a [u8],
    pub(super) count: u64,
    pub(super) changes: &'a [(u64, Checksum)],
}

impl Tail {
    /// The last row of the log, if it has one.
    pub(super) fn read(backend: &dyn Backend) -> Outcome<Option<Self>> {
        read::first(backend, READ_TAIL, &RowBuf::new(), |row| {
            Ok(Self {
                first: read::unsigned(row, 0)?,
                count: read::unsigned(row, 1)?,
                bytes: usize::try_from(read::unsigned(row, 2)?).unwrap_or(usize::MAX),
                checksums: state::decode(read::blob(row, 3)?)
                    .map_err(|problem| corrupt("the state of the change log", problem.0))?,
            })
        })
    }

    /// Adds to the tail as it was read, to a row of its own where it does not fit there.
    pub(super) fn add(&mut self, backend: &dyn Backend, addition: Addition<'_>) -> Outcome<()> {
        if self.append(backend, addition)? { Ok(()) } else { self.insert(backend, addition) }
    }

    /// Appends to the row; false when it does not fit, or the row is not as it was read.
    pub(super) fn append(&mut self, backend: &dyn Backend, addition: Addition<'_>) -> Outcome<bool> {
        self.append_by(backend, addition, |next, state| {
            let parameters =
                [next, integer(addition.count), ValueRef::Blob(state), ValueRef::Blob(addition.frame)];
            Ok(backend.execute(APPEND_TAIL, &parameters.as_slice())? > 0)
        })
    }

    /// As [`Tail::append`], by another statement: `run` is given the number of the next event and the row's next state,
    /// and says whether the row was as it was read.
    pub(super) fn append_by(
        &mut self,
        backend: &dyn Backend,
        addition: Addition<'_>,
        run: impl FnOnce(ValueRef<'_>, &[u8]) -> Outcome<bool>,
    ) -> Outcome<bool> {
        let Addition { frame, count, changes } = addition;
        if self.count == 0 || self.bytes + frame.len() > PAGE {
            return Ok(false);
        }
        let Some(checksums) = state::added(backend, &self.checksums, changes)? else { return Ok(false) };
        if !run(integer(self.first + self.count), &state::encode(&checksums))? {
            return Ok(false);
        }
        self.count += count;
        self.bytes += frame.len();
        self.checksums = checksums;
        Ok(true)
    }

    /// Writes a new row, which becomes the tail.
    fn insert(&mut self, backend: &dyn Backend, addition: Addition<'_>) -> Outcome<()> {
        let Addition { frame, count, changes } = addition;
        let first = if self.count == 0 { 1 } else { self.first + self.count };
        let checksums = match state::added(backend, &self.checksums, changes)? {
            Some(checksums) => checksums,
            None => state::fold(backend, &self.checksums, changes)?,
        };
        let state = state::encode(&checksums);
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
        *self = Self { first, count, bytes: frame.len(), checksums };
        Ok(())
    }
}

/// The statement of [`Tail::append`] for one event: what stands for the number of the event, the state and the frame.
pub(super) fn append_one_sql([next, state, frame]: &[String; 3]) -> String {
    APPEND_TAIL.replace("?1", next).replace("?2", "1").replace("?3", state).replace("?4", frame)
}

/// The sequence number of the last event that is in a row; 0 before the first.
pub(super) fn head(backend: &dyn Backend) -> Outcome<u64> {
    Ok(Tail::read(backend)?.map_or(0, |tail| (tail.first + tail.count).saturating_sub(1)))
}

/// The checksum of a collection after the last event that is in a row.
pub(super) fn checksum(backend: &dyn Backend, collection: u64) -> Outcome<Checksum> {
    let tail = Tail::read(backend)?.unwrap_or_default();
    state::stored(backend, &tail.checksums, collection)
}

/// Sets the checksum of a collection, after a migration changed what it is made of.
pub(super) fn set_checksum(backend: &dyn Backend, collection: u64, checksum: Checksum) -> Outcome<()> {
    let Some(mut tail) = Tail::read(backend)? else { return Ok(()) };
    tail.checksums.retain(|(of, _)| *of != collection);
    state::write(backend, collection, checksum)?;
    let state = state::encode(&tail.checksums);
    let parameters = [integer(tail.first), ValueRef::Blob(&state)];
    backend.execute("UPDATE _terrace_log SET state = ?2 WHERE first_seq = ?1", &parameters.as_slice())?;
    Ok(())
}
