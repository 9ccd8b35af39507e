//! The one write path: whatever changes a document comes through here, and leaves its event.
//!
//! Keeps invariant 1 together with `transaction`: every function here runs inside of one and records the event of
//! each row that it wrote. A change that changes nothing writes nothing.

use crate::{
    cdc::Checksum,
    error::{Cause, During, Operation, Outcome, StorageError},
    schema::{Collection, KeyOf},
    value::{Row, RowBuf, ValueError, ValueRef},
};

use super::{
    Db,
    columnar::Found,
    find::Reading,
    log::Recorded,
    table::{Table, describe, positions},
};

impl Db {
    /// Stores a new document.
    ///
    /// # Errors
    /// There is one with the same id or the same unique values; a value cannot be stored.
    pub fn insert<T: Collection>(&self, document: &T) -> Result<(), StorageError> {
        let insert = || {
            let table = self.table::<T>()?;
            let mut row = table.row.take();
            row.clear();
            document.write(&mut row)?;
            if !self.insert_at_once(table, &row)? {
                self.atomically_one::<T, _>(|table| self.write_new(table, &row))?;
            }
            table.row.replace(row);
            Ok(())
        };
        insert().during(Operation::Insert, T::SCHEMA.name)
    }

    /// Stores new documents, all or none; gives their number.
    ///
    /// # Errors
    /// As [`Db::insert`].
    pub fn insert_all<'a, T: Collection>(
        &self,
        documents: impl IntoIterator<Item = &'a T>,
    ) -> Result<u64, StorageError> {
        let insert = || self.insert_rows(self.table::<T>()?, documents);
        self.atomically(insert).during(Operation::Insert, T::SCHEMA.name)
    }

    /// Stores the document: inserts it, or puts it in the place of the one with its id. Gives it as it is stored.
    ///
    /// In a collection with a `#[version]`, a stored document is only replaced by one of the same version, and the
    /// version is counted up.
    ///
    /// # Errors
    /// As [`Db::insert`]; [`Cause::Conflict`] when the stored document has another version.
    pub fn upsert<T: Collection>(&self, document: &T) -> Result<T, StorageError> {
        let upsert = |table: &Table| {
            let mut after = RowBuf::new();
            document.write(&mut after)?;
            let found = self.find_document(table, &table.id_of(&after)?)?;
            if let Some(Found { row: before, .. }) = &found {
                require_version(table, before, table.version_of(&after)?)?;
                count_version(table, before, &mut after)?;
            }
            let stored = T::read(&after)?;
            match found {
                Some(before) => self.write_columns(table, before, &after)?,
                None => self.write_new(table, &after)?,
            }
            Ok(stored)
        };
        self.atomically_one::<T, _>(upsert).during(Operation::Upsert, T::SCHEMA.name)
    }

    /// Changes the document with this id, and gives it as it is stored.
    ///
    /// Only the columns that differ afterwards are written; when none does, nothing is, and there is no event. A
    /// `#[version]` is counted up. `change` itself can read, and cannot write.
    ///
    /// # Errors
    /// There is no such document; its id was changed; a value cannot be stored or is not unique.
    pub fn update<T: Collection>(
        &self,
        id: impl KeyOf<T>,
        change: impl FnOnce(&mut T),
    ) -> Result<T, StorageError> {
        let update = |table: &Table| {
            let mut key = RowBuf::new();
            id.store(&mut key)?;
            self.change_row(table, &key, None, change)
        };
        self.atomically_one::<T, _>(update).during(Operation::Update, T::SCHEMA.name)
    }

    /// Deletes the document with this id; says whether there was one.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn delete<T: Collection>(&self, id: impl KeyOf<T>) -> Result<bool, StorageError> {
        let delete = |table: &Table| {
            let mut key = RowBuf::new();
            id.store(&mut key)?;
            self.delete_row(table, &key, None)
        };
        self.atomically_one::<T, _>(delete).during(Operation::Delete, T::SCHEMA.name)
    }

    fn insert_rows<'a, T: Collection>(
        &self,
        table: &Table,
        documents: impl IntoIterator<Item = &'a T>,
    ) -> Outcome<u64> {
        self.meet_table(table)?;
        let mut documents = documents.into_iter();
        let mut count = 0;
        self.backend.insert_rows(&table.sql().insert, &mut |row| {
            let Some(document) = documents.next() else { return Ok(false) };
            document.write(row)?;
            if table.is_columnar() {
                self.require_new(table, row)?;
                self.require_unique(table, None, row)?;
            }
            self.record_row(table, None, Some(row), 0)?;
            count += 1;
            Ok(true)
        })?;
        Ok(count)
    }

    /// Stores a new row.
    pub(super) fn write_new(&self, table: &Table, row: &RowBuf) -> Outcome<()> {
        let insert = || {
            if table.is_columnar() {
                self.require_new(table, row)?;
                self.require_unique(table, None, row)?;
            }
            self.backend.execute(&table.sql().insert.one, row)
        };
        match self.write_row(table, None, Some(row), 0, insert) {
            Err(failure) if self.is_stale(table, &failure)? => {
                self.write_row(table, None, Some(row), 0, insert)
            }
            other => other,
        }
    }

    /// Reads a document, lets `change` change it, and writes what is different. `expected` is the version that it
    /// has to have.
    pub(super) fn change_row<T: Collection>(
        &self,
        table: &Table,
        id: &RowBuf,
        expected: Option<i64>,
        change: impl FnOnce(&mut T),
    ) -> Outcome<T> {
        let found = self.find_document(table, id)?;
        let found = found.ok_or_else(|| Cause::NotFound { id: describe(id) })?;
        let before = &found.row;
        require_version(table, before, expected)?;
        let mut document = T::read(before)?;
        let reading = Reading::begin(self);
        change(&mut document);
        drop(reading);
        let mut after = RowBuf::new();
        document.write(&mut after)?;
        count_version(table, before, &mut after)?;
        if let Some(version) = table.version_of(&after)? {
            document.set_version(version)?;
        }
        self.write_columns(table, found, &after)?;
        Ok(document)
    }

    /// Writes the columns of `after` that differ. A document that lives in a row group is a row then.
    pub(super) fn write_columns(&self, table: &Table, found: Found, after: &RowBuf) -> Outcome<()> {
        let Found { row: before, place } = found;
        let changed = difference(&before, after)?;
        if changed == 0 {
            return Ok(());
        }
        if table.schema.id.iter().any(|at| changed >> at & 1 == 1) {
            let id = describe(&table.id_of(&before)?);
            return Err(Cause::IdChanged { id }.into());
        }
        let update = || match place {
            None => {
                self.require_unique(table, Some(&before), after)?;
                let columns = positions(changed).chain(table.schema.id.iter().copied());
                let parameters: Vec<ValueRef<'_>> =
                    columns.map(|at| after.value(at)).collect::<Result<_, _>>()?;
                let sql = table.sql().update(table.schema, changed);
                self.backend.execute(&sql, &parameters.as_slice())
            }
            Some(place) => {
                self.require_unique(table, Some(&before), after)?;
                self.backend.execute(&table.sql().insert.one, after)?;
                self.leave_group(table, &before, place).map(|()| 1)
            }
        };
        self.write_row(table, Some(&before), Some(after), changed, update)
    }

    /// Deletes a document; `expected` is the version that it has to have. False when there is none.
    pub(super) fn delete_row(&self, table: &Table, id: &RowBuf, expected: Option<i64>) -> Outcome<bool> {
        let Some(Found { row: before, place }) = self.find_document(table, id)? else { return Ok(false) };
        require_version(table, &before, expected)?;
        let delete = || match place {
            None => self.backend.execute(&table.sql().delete, id),
            Some(place) => self.leave_group(table, &before, place).map(|()| 1),
        };
        self.write_row(table, Some(&before), None, 0, delete)?;
        Ok(true)
    }

    /// Leaves the event of one row and writes it, or neither when it cannot be written.
    fn write_row(
        &self,
        table: &Table,
        before: Option<&RowBuf>,
        after: Option<&RowBuf>,
        changed: u128,
        write: impl FnOnce() -> Outcome<u64>,
    ) -> Outcome<()> {
        let event = self.record_row(table, before, after, changed)?;
        let written = write();
        if written.is_err() {
            self.log.borrow_mut().take_back(&event);
        }
        written.map(drop)
    }

    /// Leaves the event of one row, and counts it into the collection's checksum.
    pub(super) fn record_row(
        &self,
        table: &Table,
        before: Option<&RowBuf>,
        after: Option<&RowBuf>,
        changed: u128,
    ) -> Outcome<Recorded> {
        let mut hasher = table.hasher.borrow_mut();
        let mut change = Checksum::default();
        if let Some(before) = before {
            change.remove(hasher.hash(before)?);
        }
        if let Some(after) = after {
            change.add(hasher.hash(after)?);
        }
        let bytes = self.record(|bytes| Ok(table.layout.encode(bytes, before, after, changed)?))?;
        let mut log = self.log.borrow_mut();
        let checksum = log.change(table.collection);
        *checksum = checksum.after(change);
        Ok(Recorded { bytes, collection: table.collection, change })
    }
}

/// The columns in which two rows differ, bit by bit.
fn difference(before: &RowBuf, after: &RowBuf) -> Outcome<u128> {
    let mut changed = 0;
    for column in 0..before.len() {
        if before.value(column)? != after.value(column)? {
            changed |= 1 << column;
        }
    }
    Ok(changed)
}

/// Gives `after` the version that follows that of `before`, if they differ in anything else; else the same.
fn count_version(table: &Table, before: &RowBuf, after: &mut RowBuf) -> Outcome<()> {
    let (Some(column), Some(version)) = (table.schema.version, table.version_of(before)?) else {
        return Ok(());
    };
    let differs = difference(before, after)? & !(1 << column) != 0;
    let next = if differs { version.checked_add(1) } else { Some(version) };
    let next = next.ok_or(ValueError::OutOfRange { value: format!("{version} + 1"), kind: "i64" })?;
    after.set_integer(column, next);
    Ok(())
}

fn require_version(table: &Table, stored: &RowBuf, expected: Option<i64>) -> Outcome<()> {
    match (table.version_of(stored)?, expected) {
        (Some(found), Some(expected)) if found != expected => {
            Err(Cause::Conflict { id: describe(&table.id_of(stored)?), expected, found }.into())
        }
        _ => Ok(()),
    }
}
