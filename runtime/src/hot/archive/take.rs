//! From a collection and the log to the parts of a snapshot.

use std::{cell::RefMut, collections::BTreeMap, ops::ControlFlow};

use crate::{
    cdc::{CdcOperation, Checksum, Hasher},
    error::{Cause, Failure, Outcome},
    hot::{Db, columnar::Batch, table::Table},
    schema::{Capture, Schema, SnapshotPolicy, StoredSchema},
    value::{Row, RowBuf, with_room},
    vortex::{MAX_ROWS, Profile},
};

use super::{ArchiveWriter, Content};

/// How many bytes of values one part is made from at most.
pub(super) const BATCH_BYTES: usize = 8_000_000;

/// What is known of a collection that goes into a snapshot.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Archived {
    /// The number of its present schema.
    pub(crate) schema: u64,
    pub(crate) checksum: Checksum,
}

impl Db {
    /// The present checksum of every collection, and the number of its schema.
    ///
    /// # Errors
    /// The object has a collection that the database was not opened with.
    pub(crate) fn collections_now(&self) -> Outcome<Vec<(&'static str, Archived)>> {
        self.changes().refuse_newer_schemas()?;
        let opened = |name: &str| self.tables.iter().any(|table| table.schema.name == name);
        if let Some(other) = self.schemas.values().find(|schema| !opened(&schema.stored.name)) {
            return Err(Failure::from(Cause::NotOpened).of(&other.stored.name));
        }
        let of = |table: &Table| {
            let checksum = self.log.borrow().checksum(&*self.backend, table.collection)?;
            Ok((table.schema.name, Archived { schema: table.layout.schema, checksum }))
        };
        self.tables.iter().map(of).collect()
    }

    /// Every schema that the object ever had, by its number.
    pub(crate) fn stored_schemas(&self) -> BTreeMap<u64, StoredSchema> {
        self.schemas.iter().map(|(&number, schema)| (number, schema.stored.clone())).collect()
    }

    /// When snapshots are to be taken, as the collections ask: the shortest time and the greatest number.
    pub(crate) fn snapshot_policy(&self) -> Option<SnapshotPolicy> {
        let all = self.tables.iter().filter_map(|table| table.schema.snapshot);
        all.reduce(|a, b| SnapshotPolicy {
            every_seconds: a.every_seconds.min(b.every_seconds),
            keep: a.keep.max(b.keep),
        })
    }

    /// The present time, by the database's clock.
    pub(crate) fn now(&self) -> crate::Timestamp {
        (self.clock)()
    }

    pub(super) fn table_named(&self, name: &str) -> Outcome<&Table> {
        let found = self.tables.iter().find(|table| table.schema.name == name);
        found.ok_or_else(|| Failure::from(Cause::NotOpened).of(name))
    }

    /// Adds every document of a collection: row groups as they are, rows encoded. Gives the checksum of the latter.
    pub(crate) fn archive_documents(&self, name: &str, to: &mut ArchiveWriter<'_>) -> Outcome<Checksum> {
        let table = self.table_named(name)?;
        self.refresh(table)?;
        self.copy_groups(table, &mut |copied| {
            let (content, bytes) = Content::of_group(&copied);
            to.push(&content, &bytes)
        })?;
        self.archive_rows(table, to)
    }

    fn archive_rows(&self, table: &Table, to: &mut ArchiveWriter<'_>) -> Outcome<Checksum> {
        let sql = format!("SELECT {} FROM {}", table.columns, table.sql().rows);
        let mut documents = Gathered::new(table, to);
        self.backend.query(&sql, &table.storages, &RowBuf::new(), &mut |row| {
            // once each: of SQLite's own row a value costs several calls
            with_room(table.schema.columns.len(), |values| {
                for (at, value) in values.iter_mut().enumerate() {
                    *value = row.value(at)?;
                }
                documents.add(&&*values).map(ControlFlow::Continue)
            })
        })?;
        documents.end()
    }

    /// Adds the documents that `each` gives to the function that it gets, as the present schema of the collection has them.
    /// Gives their checksum.
    pub(crate) fn archive_each(
        &self,
        name: &str,
        to: &mut ArchiveWriter<'_>,
        each: impl FnOnce(&mut dyn FnMut(&RowBuf) -> Outcome<()>) -> Outcome<()>,
    ) -> Outcome<Checksum> {
        let mut documents = Gathered::new(self.table_named(name)?, to);
        each(&mut |row| documents.add(row))?;
        documents.end()
    }

    /// What the struct of a collection says.
    pub(crate) fn declared(&self, name: &str) -> Outcome<&'static Schema> {
        Ok(self.table_named(name)?.schema)
    }

    /// Adds the log after a position, up to its end; false, and perhaps less, where it does not say all that happened.
    pub(crate) fn archive_log(&self, after: u64, to: &mut ArchiveWriter<'_>) -> Outcome<bool> {
        let log = self.changes();
        if after > log.head_position()? || after + 1 < log.first_position()? {
            return Ok(false);
        }
        let mut events = log.events(after)?;
        while let Some(row) = events.next_row()? {
            for event in events.of(&row) {
                let event = event?;
                let keys = event.schema.is_none_or(|schema| schema.layout.capture == Capture::Keys);
                if keys || matches!(event.operation, CdcOperation::Restore | CdcOperation::Gap) {
                    return Ok(false);
                }
            }
            to.push(&Content::Log { first: row.first, count: row.count }, &row.bytes)?;
        }
        Ok(true)
    }
}

/// Documents that are gathered as columns, encoded, and added to a snapshot.
struct Gathered<'a, 'db> {
    table: &'a Table,
    to: &'a mut ArchiveWriter<'db>,
    hasher: RefMut<'a, Hasher>,
    checksum: Checksum,
    batch: Batch,
}

impl<'a, 'db> Gathered<'a, 'db> {
    fn new(table: &'a Table, to: &'a mut ArchiveWriter<'db>) -> Self {
        let (hasher, batch) = (table.hasher.borrow_mut(), Batch::new(table.schema));
        Self { table, to, hasher, checksum: Checksum::default(), batch }
    }

    fn add<R: Row + ?Sized>(&mut self, row: &R) -> Outcome<()> {
        self.checksum.add(self.hasher.hash(row)?);
        self.batch.push(row)?;
        let is_full = self.batch.len() == MAX_ROWS || self.batch.bytes > BATCH_BYTES;
        if is_full { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Outcome<()> {
        if self.batch.len() > 0 {
            push(self.table, &self.batch, self.to)?;
            self.batch = Batch::new(self.table.schema);
        }
        Ok(())
    }

    /// Ends them; gives their checksum.
    fn end(mut self) -> Outcome<Checksum> {
        self.flush()?;
        Ok(self.checksum)
    }
}

fn push(table: &Table, batch: &Batch, to: &mut ArchiveWriter<'_>) -> Outcome<()> {
    let segments = batch.segments(Profile::Fast)?;
    let lengths = segments.iter().map(Vec::len).collect();
    let content = Content::Rows { schema: table.layout.schema, rows: batch.len(), segments: lengths };
    to.push(&content, &segments.concat())
}
