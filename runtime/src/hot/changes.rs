//! Reading the change log.

use std::{collections::VecDeque, ops::RangeInclusive};

use crate::{
    cdc::{
        CdcEvent, CdcOperation, EventRef, Lineage, Transaction,
        frame::{Frames, RawEvent},
    },
    error::{Cause, During, Operation, Outcome, StorageError},
    value::RowBuf,
};

use super::{
    Db, lineage,
    read::{self, corrupt, integer},
    tail,
};

const READ_ROW: &str = "SELECT first_seq, count, parts, bytes FROM _terrace_log WHERE first_seq <= ?1 \
                        ORDER BY first_seq DESC LIMIT 1";
const READ_PARTS: &str = "SELECT bytes FROM _terrace_log_part WHERE first_seq = ?1 ORDER BY part";
const READ_FIRST: &str = "SELECT first_seq FROM _terrace_log ORDER BY first_seq LIMIT 1";

/// The change log of an object, from [`Db::changes`].
#[derive(Clone, Copy, Debug)]
pub struct Changes<'db> {
    pub(super) db: &'db Db,
}

/// The events after a position, in their order: an iterator that reads the log row by row.
///
/// It ends with the event that was the last when it was made.
#[derive(Debug)]
#[must_use = "an iterator does nothing until it is used"]
pub struct Events<'db> {
    db: &'db Db,
    lineages: Vec<(u64, Lineage)>,
    /// The last position that was read.
    position: u64,
    head: u64,
    buffer: VecDeque<CdcEvent>,
}

impl Db {
    /// The change log.
    #[must_use]
    pub fn changes(&self) -> Changes<'_> {
        Changes { db: self }
    }
}

impl<'db> Changes<'db> {
    /// The events after position `sequence`; 0 is before the first.
    ///
    /// # Errors
    /// [`Cause::Pruned`] when the log no longer goes back so far, [`Cause::Ahead`] when it does not go so far.
    ///
    /// ```
    /// # use terrace::prelude::*;
    /// #[derive(Collection)]
    /// struct City { #[id] name: String, people: i64 }
    /// # let db = Db::open_in_memory(collections![City])?;
    /// db.insert(&City { name: "Bonn".into(), people: 330_000 })?;
    /// for event in db.changes().since(0)? {
    ///     let event = event?;
    ///     if let Some(Change::Inserted { after }) = event.change::<City>()? {
    ///         assert_eq!((event.sequence, after.name.as_str()), (1, "Bonn"));
    ///     }
    /// }
    /// # Ok::<(), StorageError>(())
    /// ```
    pub fn since(self, sequence: u64) -> Result<Events<'db>, StorageError> {
        self.events(sequence).during_no_collection(Operation::Changes)
    }

    /// The position of the last event; 0 before the first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn head(self) -> Result<u64, StorageError> {
        self.head_position().during_no_collection(Operation::Changes)
    }

    pub(crate) fn head_position(self) -> Outcome<u64> {
        tail::head(&*self.db.backend)
    }

    /// The position of the first event that is still in the log; one after the head when there is none.
    pub(crate) fn first_position(self) -> Outcome<u64> {
        let first = read::first(&*self.db.backend, READ_FIRST, &RowBuf::new(), |row| read::unsigned(row, 0))?;
        Ok(first.unwrap_or(1))
    }

    /// Another process with newer code may have migrated the database since it was opened here.
    pub(super) fn refuse_newer_schemas(self) -> Outcome<()> {
        let sql = "SELECT max(number) FROM _terrace_schema HAVING max(number) > ?1";
        let known = self.db.schemas.keys().next_back().copied().unwrap_or(0);
        let newer =
            read::first(&*self.db.backend, sql, &[integer(known)].as_slice(), |row| read::unsigned(row, 0))?;
        newer.map_or(Ok(()), |_| Err(Cause::Migrated.into()))
    }

    /// The first event after a position.
    pub(crate) fn next_after(self, sequence: u64) -> Outcome<Option<CdcEvent>> {
        let mut events = self.events(sequence)?;
        let Some(row) = events.next_row()? else { return Ok(None) };
        let next = events.of(&row).next().transpose()?;
        Ok(next.map(|event| event.to_event(&self.db.object)))
    }

    pub(crate) fn events(self, sequence: u64) -> Outcome<Events<'db>> {
        let head = self.head_position()?;
        let first = self.first_position()?;
        if sequence > head {
            return Err(Cause::Ahead { asked: sequence, head }.into());
        }
        if sequence < first.saturating_sub(1) {
            return Err(Cause::Pruned { asked: sequence, pruned_to: first - 1 }.into());
        }
        self.refuse_newer_schemas()?;
        let lineages = lineage::read_all(&*self.db.backend)?;
        Ok(Events { db: self.db, lineages, position: sequence, head, buffer: VecDeque::new() })
    }
}

impl Events<'_> {
    /// The position of the last event that it gives.
    #[cfg(feature = "lake")]
    pub(crate) fn head(&self) -> u64 {
        self.head
    }

    /// The log row that holds the next events; none when there are no more.
    pub(crate) fn next_row(&mut self) -> Outcome<Option<LogRow>> {
        if self.position >= self.head {
            return Ok(None);
        }
        let (asked, wanted) = (self.position, self.position + 1);
        let row = read::first(&*self.db.backend, READ_ROW, &[integer(wanted)].as_slice(), |row| {
            Ok((
                read::unsigned(row, 0)?,
                read::unsigned(row, 1)?,
                read::unsigned(row, 2)?,
                read::blob(row, 3)?.to_vec(),
            ))
        })?;
        let (first, count, parts, mut bytes) = row.ok_or(Cause::Pruned { asked, pruned_to: wanted })?;
        let end = first.saturating_add(count);
        if wanted >= end {
            return Err(damaged(first, &format!("event {wanted} is missing after it")).into());
        }
        if parts > 0 {
            read::each(&*self.db.backend, READ_PARTS, &[integer(first)].as_slice(), |row| {
                bytes.extend_from_slice(read::blob(row, 0)?);
                Ok(())
            })?;
        }
        self.position = (end - 1).min(self.head);
        Ok(Some(LogRow { first, count, bytes, wanted: wanted..=self.position }))
    }

    /// The events of a log row.
    pub(crate) fn of<'b>(&'b self, row: &'b LogRow) -> RowEvents<'b> {
        let frames = Frames::new(&row.bytes);
        RowEvents { db: self.db, lineages: &self.lineages, row, frames, next: row.first }
    }

    /// Reads the log row that holds the next event.
    fn fill(&mut self) -> Outcome<()> {
        let Some(row) = self.next_row()? else { return Ok(()) };
        let events: Outcome<VecDeque<CdcEvent>> =
            self.of(&row).map(|event| Ok(event?.to_event(&self.db.object))).collect();
        self.buffer = events?;
        Ok(())
    }
}

/// A row of the log.
#[derive(Debug)]
pub(crate) struct LogRow {
    /// The position of its first event.
    pub(super) first: u64,
    pub(super) count: u64,
    pub(super) bytes: Vec<u8>,
    /// The events that were asked for.
    wanted: RangeInclusive<u64>,
}

/// The events of a log row that were asked for, in their order, in its bytes.
#[derive(Debug)]
pub(crate) struct RowEvents<'b> {
    db: &'b Db,
    lineages: &'b [(u64, Lineage)],
    row: &'b LogRow,
    frames: Frames<'b>,
    /// The position of the next event.
    next: u64,
}

impl<'b> RowEvents<'b> {
    fn read(&mut self) -> Outcome<Option<EventRef<'b>>> {
        let LogRow { first, count, wanted, .. } = self.row;
        let layout = |number| self.db.schemas.get(&number).map(|schema| &schema.layout);
        while let Some(raw) = self.frames.next(layout).map_err(|problem| damaged(*first, problem.0))? {
            let span = if raw.operation == CdcOperation::Gap { *count } else { 1 };
            let event = self.event(raw, span);
            self.next = self.next.saturating_add(span);
            if wanted.contains(&event.sequence) {
                return Ok(Some(event));
            }
        }
        if self.next == first.saturating_add(*count) {
            return Ok(None);
        }
        Err(damaged(*first, &format!("it holds {} events and says {count}", self.next - first)).into())
    }

    fn event(&self, raw: RawEvent<'b>, span: u64) -> EventRef<'b> {
        let sequence = self.next.saturating_add(span - 1);
        let started = self.lineages.iter().rev().find(|(from, _)| *from <= sequence);
        EventRef {
            lineage: started.map_or(Lineage([0; 16]), |(_, lineage)| *lineage),
            sequence,
            first_sequence: self.next,
            transaction: Transaction { first: self.next.saturating_sub(raw.preceding), ends: raw.ends },
            operation: raw.operation,
            timestamp: raw.time,
            previous_lineage: raw.lineages.map(|(before, _)| before),
            snapshot: raw.snapshot,
            schema: self.db.schemas.get(&raw.schema),
            images: raw.images,
        }
    }
}

impl<'b> Iterator for RowEvents<'b> {
    type Item = Outcome<EventRef<'b>>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

impl Iterator for Events<'_> {
    type Item = Result<CdcEvent, StorageError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.buffer.is_empty()
            && let Err(failure) = self.fill()
        {
            self.position = self.head;
            self.buffer.clear();
            return Some(Err(failure.during(Operation::Changes, None)));
        }
        self.buffer.pop_front().map(Ok)
    }
}

fn damaged(first: u64, problem: &str) -> Cause {
    corrupt(&format!("the row of the change log that begins with event {first}"), problem)
}
