//! From the parts of a snapshot to a collection.
//!
//! All of it happens in one transaction, so a collection is as it was or as the snapshot has it (invariant 3 for whoever
//! starts from there), and leaves an event that says so (invariants 1 and 6).

use std::sync::Arc;

use crate::{
    cdc::{Checksum, EventSchema, Hasher, Lens, SnapshotId, frame},
    error::{Failure, Outcome},
    hot::{Db, columnar::Opened, migrate::Migration, table::Table},
    schema::StoredSchema,
    value::{Row, RowBuf, ValueRef},
};

use super::{Content, Schemas, Word, content::Documents};

/// A collection that is being restored.
pub(crate) struct Incoming<'a> {
    db: &'a Db,
    table: &'a Table,
    schemas: &'a Schemas,
    /// From the snapshot's schema of the collection to the present one.
    lens: Lens,
    /// Whether the present schema is the snapshot's, whose checksums then hold.
    pub(crate) is_present: bool,
    /// Whether the snapshot is of this object, so that its schemas have the same numbers.
    is_own: bool,
    /// The schema that the collection had in the snapshot.
    schema: u64,
    hasher: Hasher,
    /// Of the documents that were rows, under the snapshot's schema.
    pub(crate) rows: Checksum,
    /// What the last words have changed.
    pub(crate) change: Checksum,
}

impl std::fmt::Debug for Incoming<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Incoming").field("collection", &self.table.schema.name).finish_non_exhaustive()
    }
}

/// Forgets the row groups that were read, when it is dropped: their numbers are given again after a rollback.
struct Forget<'a>(&'a Db);

impl Drop for Forget<'_> {
    fn drop(&mut self) {
        *self.0.opened.borrow_mut() = Opened::default();
    }
}

impl Db {
    /// Runs `body`, which replaces collections, in a transaction.
    pub(crate) fn replacing<R>(&self, body: impl FnOnce() -> Outcome<R>) -> Outcome<R> {
        let forget = Forget(self);
        let replaced = self.atomically(body);
        drop(forget);
        if replaced.is_err() {
            self.tables.iter().try_for_each(|table| self.refresh(table).map(drop))?;
        }
        replaced
    }

    /// Takes every document of a collection away, for those of a snapshot; `schema` is the number that its schema had there.
    pub(crate) fn empty_for<'a>(
        &'a self,
        name: &str,
        schemas: &'a Schemas,
        schema: u64,
        is_own: bool,
    ) -> Outcome<Incoming<'a>> {
        let table = self.table_named(name)?;
        let earlier = schemas.of(schema)?;
        let (lens, is_present) = self.lens_of(table, earlier, is_own)?;
        self.clear(table)?;
        Ok(Incoming {
            db: self,
            table,
            schemas,
            lens,
            is_present,
            is_own,
            schema,
            hasher: Hasher::new(&earlier.stored),
            rows: Checksum::default(),
            change: Checksum::default(),
        })
    }

    /// How a document of a snapshot becomes one of the present schema.
    fn lens_of(&self, table: &Table, earlier: &Arc<EventSchema>, is_own: bool) -> Outcome<(Lens, bool)> {
        let later = StoredSchema::from(table.schema);
        if let Some(known) = self.known_schema(earlier, is_own) {
            return Ok((known.lens.clone(), known.layout.schema == table.layout.schema));
        }
        if (&earlier.stored.columns, &earlier.stored.id) == (&later.columns, &later.id) {
            return Ok((Lens::identity(later.columns.len()), true));
        }
        let migration = Migration {
            earlier: &earlier.stored,
            later: &later,
            schema: table.schema,
            collection: table.collection,
            rows: table.schema.name.to_owned(),
        };
        migration.check().map_err(|cause| Failure::from(cause).of(table.schema.name))?;
        Ok((Lens::between(&earlier.stored, &later), false))
    }

    /// The schema of a snapshot as this object has or had it: from there it was migrated step by step.
    fn known_schema(&self, earlier: &EventSchema, is_own: bool) -> Option<&Arc<EventSchema>> {
        let same = |known: &&Arc<EventSchema>| known.stored == earlier.stored;
        let own = self.schemas.get(&earlier.layout.schema).filter(|_| is_own).filter(same);
        own.or_else(|| self.schemas.values().rev().find(same))
    }

    /// As the present schema of a collection has it, opened here or not, a document of a snapshot.
    pub(crate) fn present_lens(&self, schemas: &Schemas, number: u64, is_own: bool) -> Outcome<Lens> {
        let earlier = schemas.of(number)?;
        if let Some(known) = self.known_schema(earlier, is_own) {
            return Ok(known.lens.clone());
        }
        let name = &earlier.stored.name;
        let known = self.schemas.values().find(|schema| schema.stored.name == *name);
        let known = known.ok_or_else(|| Failure::from(crate::Cause::NotOpened).of(name))?;
        Ok(Lens::between(&earlier.stored, &known.current))
    }

    /// Takes every document of a collection away that a snapshot does not know.
    pub(crate) fn empty(&self, name: &str, snapshot: SnapshotId) -> Outcome<()> {
        let table = self.table_named(name)?;
        self.clear(table)?;
        self.record_restored(table, Checksum::default(), snapshot)
    }

    /// Leaves the event that a collection was restored, and its checksum.
    fn record_restored(&self, table: &Table, after: Checksum, snapshot: SnapshotId) -> Outcome<()> {
        let before = self.log.borrow().checksum(&*self.backend, table.collection)?;
        let sequence = self.log.borrow().next_sequence(&*self.backend)?;
        self.record(|bytes| {
            frame::encode_restored(bytes, table.layout.schema, snapshot);
            Ok(())
        })?;
        let mut log = self.log.borrow_mut();
        let change = log.change(table.collection);
        *change = change.after(after.before(before));
        drop(log);
        self.set_restored(snapshot, sequence)
    }

    /// The checksum of a collection, counted from its documents.
    fn count(&self, table: &Table) -> Outcome<Checksum> {
        let mut checksum = Checksum::default();
        let mut hasher = table.hasher.borrow_mut();
        self.each_document_of(table, &mut |row| {
            checksum.add(hasher.hash(row)?);
            Ok(())
        })?;
        Ok(checksum)
    }
}

impl Incoming<'_> {
    /// Adds the documents of a part: a row group as it is, wherever the schemas allow, else as rows.
    pub(crate) fn put(&mut self, content: &Content, bytes: &[u8]) -> Outcome<()> {
        if let Content::Group { .. } = content {
            let mut copied = content.group(bytes)?;
            if let Some(number) = self.number_here(copied.schema) {
                copied.schema = number;
                return self.db.paste_group(self.table, &copied);
            }
        }
        let is_rows = matches!(content, Content::Rows { .. });
        self.put_rows(&self.schemas.documents(content, bytes)?, is_rows)
    }

    /// The number that a schema of the snapshot has here, where its segments are read here as there.
    fn number_here(&self, schema: u64) -> Option<u64> {
        if self.is_own {
            let (here, there) = (self.db.schemas.get(&schema)?, self.schemas.of(schema).ok()?);
            return (here.stored == there.stored).then_some(schema);
        }
        (self.is_present && schema == self.schema).then_some(self.table.layout.schema)
    }

    fn put_rows(&mut self, documents: &Documents, counts: bool) -> Outcome<()> {
        let (mut at, mut read) = (0, RowBuf::new());
        let Self { db, table, lens, hasher, rows, .. } = self;
        let plain = lens.is_identity();
        db.backend.insert_rows(&table.sql().insert, &mut |row| {
            if at == documents.len() {
                return Ok(false);
            }
            let raw = if plain { &mut *row } else { &mut read };
            documents.read(at, raw)?;
            if counts {
                rows.add(hasher.hash(&*raw)?);
            }
            if !plain {
                apply(lens, &read, row)?;
            }
            at += 1;
            Ok(true)
        })
    }

    /// Ends the row groups: their unique values are kept.
    pub(crate) fn settle(&self) -> Outcome<()> {
        self.db.keep_unique(self.table)
    }

    /// Takes a document away of which a word is to be said.
    pub(crate) fn take_away(&mut self, word: &Word) -> Outcome<()> {
        let table = self.table;
        let Some(found) = self.db.find_document(table, &word.id)? else { return Ok(()) };
        self.change.remove(table.hasher.borrow_mut().hash(&found.row)?);
        match found.place {
            None => self.db.backend.execute(&table.sql().delete, &word.id).map(drop),
            Some(place) => self.db.leave_group(table, &found.row, place),
        }
    }

    /// Puts the last word on a document that was taken away.
    pub(crate) fn say(&mut self, word: &Word) -> Outcome<()> {
        let table = self.table;
        let mut hasher = table.hasher.borrow_mut();
        if let Some(row) = &word.row {
            let mut present = RowBuf::new();
            apply(&self.lens, row, &mut present)?;
            self.db.require_unique(table, None, &present)?;
            self.db.backend.execute(&table.sql().insert.one, &present)?;
            self.change.add(hasher.hash(&present)?);
        }
        Ok(())
    }

    /// Leaves the event, with the checksum that the snapshot has, counted anew where that is of another schema; gives the
    /// number of documents.
    pub(crate) fn end(self, checksum: Checksum, snapshot: SnapshotId) -> Outcome<u64> {
        let checksum = if self.is_present { checksum } else { self.db.count(self.table)? };
        self.db.record_restored(self.table, checksum, snapshot)?;
        Ok(checksum.documents)
    }
}

/// Reads a row through a lens.
pub(crate) fn apply(lens: &Lens, row: &RowBuf, to: &mut RowBuf) -> Outcome<()> {
    let values: Vec<ValueRef<'_>> = (0..row.len()).map(|at| row.value(at)).collect::<Result<_, _>>()?;
    lens.apply(&values).into_iter().try_for_each(|value| Ok(to.push(value)?))
}
