//! The methods of a document itself: `order.insert(&db)?`.

use crate::{
    error::{During, Operation, StorageError},
    filter::Filter,
    schema::{Collection, KeyOf},
    value::RowBuf,
};

use super::{Db, Find, table::Table};

/// What every document can do with a database; in the prelude.
///
/// ```
/// # use terrace::prelude::*;
/// #[derive(Collection)]
/// struct Task { #[id] number: i64, done: bool, #[version] version: u32 }
/// # let db = Db::open_in_memory(collections![Task])?;
/// let task = Task { number: 1, done: false, version: 0 };
/// task.insert(&db)?;
/// let done = task.update(&db, |t| t.done = true)?;
/// assert_eq!(done.version, 1);
/// assert!(task.update(&db, |t| t.done = false).is_err()); // `task` is version 0 still
/// # Ok::<(), StorageError>(())
/// ```
pub trait Document: Collection {
    /// As [`Db::insert`].
    ///
    /// # Errors
    /// As [`Db::insert`].
    fn insert(&self, db: &Db) -> Result<(), StorageError> {
        db.insert(self)
    }

    /// As [`Db::upsert`].
    ///
    /// # Errors
    /// As [`Db::upsert`].
    fn upsert(&self, db: &Db) -> Result<Self, StorageError> {
        db.upsert(self)
    }

    /// Changes the stored document that has this one's id. In a collection with a `#[version]` it has to be of this
    /// one's version, too.
    ///
    /// # Errors
    /// As [`Db::update`]; [`crate::Cause::Conflict`] when someone else changed it.
    fn update(&self, db: &Db, change: impl FnOnce(&mut Self)) -> Result<Self, StorageError> {
        let update = |table: &Table| {
            let mut row = RowBuf::new();
            self.write(&mut row)?;
            db.change_row(table, &table.id_of(&row)?, table.version_of(&row)?, change)
        };
        db.atomically_one::<Self, _>(update).during(Operation::Update, Self::SCHEMA.name)
    }

    /// Deletes the stored document that has this one's id; says whether there was one. In a collection with a
    /// `#[version]` it has to be of this one's version, too.
    ///
    /// # Errors
    /// As [`Db::delete`]; [`crate::Cause::Conflict`] when someone else changed it.
    fn delete(&self, db: &Db) -> Result<bool, StorageError> {
        let delete = |table: &Table| {
            let mut row = RowBuf::new();
            self.write(&mut row)?;
            db.delete_row(table, &table.id_of(&row)?, table.version_of(&row)?)
        };
        db.atomically_one::<Self, _>(delete).during(Operation::Delete, Self::SCHEMA.name)
    }

    /// As [`Db::get`].
    ///
    /// # Errors
    /// As [`Db::get`].
    fn get(db: &Db, id: impl KeyOf<Self>) -> Result<Option<Self>, StorageError> {
        db.get(id)
    }

    /// As [`Db::find`].
    fn find(db: &Db, filter: impl FnOnce(&Self::Columns) -> Filter<Self>) -> Find<'_, Self> {
        db.find(filter)
    }
}

impl<T: Collection> Document for T {}
