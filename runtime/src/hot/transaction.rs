//! Transactions: nested as savepoints, rolled back on an error and on a panic.
//!
//! Keeps invariant 1: the events that a transaction gathered are appended to the log just before it commits, inside of
//! it.

use crate::{
    error::{Cause, During, Operation, Outcome, StorageError},
    schema::Collection,
};

use super::{Db, backend, table::Table};

impl Db {
    /// Runs `body` in a transaction: all that it writes is stored when it returns `Ok`, and nothing of it when it
    /// returns an error or panics. Inside of another transaction it is a part of that one, which can fail by itself.
    ///
    /// To roll back with an error of your own, return [`StorageError::abort`].
    ///
    /// # Errors
    /// The error of `body`, or the transaction could not be stored.
    ///
    /// ```
    /// # use terrace::prelude::*;
    /// #[derive(Collection)]
    /// struct Account { #[id] name: String, cents: i64 }
    /// # let db = Db::open_in_memory(collections![Account])?;
    /// # db.insert(&Account { name: "a".into(), cents: 5 })?;
    /// # db.insert(&Account { name: "b".into(), cents: 0 })?;
    /// let moved = db.transaction(|db| {
    ///     let from = db.update::<Account>("a", |a| a.cents -= 10)?;
    ///     db.update::<Account>("b", |b| b.cents += 10)?;
    ///     if from.cents < 0 { Err(StorageError::abort("not enough money")) } else { Ok(()) }
    /// });
    /// assert!(moved.is_err());
    /// assert_eq!(db.get::<Account>("b")?.map(|b| b.cents), Some(0));
    /// # Ok::<(), StorageError>(())
    /// ```
    pub fn transaction<R>(
        &self,
        body: impl FnOnce(&Db) -> Result<R, StorageError>,
    ) -> Result<R, StorageError> {
        let mut result = None;
        let kept = self.atomically(|| match body(self) {
            Ok(value) => Ok(value),
            Err(error) => {
                result = Some(error);
                Err(Cause::Aborted("the transaction's own error".into()).into())
            }
        });
        match result {
            Some(error) => Err(error),
            None => kept.during_no_collection(Operation::Transaction),
        }
    }

    /// Whether what is read may be rolled back yet.
    pub(crate) fn is_in_transaction(&self) -> bool {
        self.log.borrow().depth() > 0
    }

    /// As [`Db::transaction`], for the library's own errors.
    pub(crate) fn atomically<R>(&self, body: impl FnOnce() -> Outcome<R>) -> Outcome<R> {
        if self.reading.get() > 0 {
            return Err(Cause::Reading.into());
        }
        let level = Level::begin(self);
        let value = backend::atomically(&*self.backend, || {
            let value = body()?;
            self.append_events()?;
            Ok(value)
        })?;
        level.commit();
        Ok(value)
    }

    /// Runs `body`, which writes one row at most: in a transaction of its own, or as a part of the one that is open.
    ///
    /// There it needs no savepoint, for which SQLite would copy every page that changes, unless the log is about to
    /// write a row too, or documents of the collection may live in segments, which takes more than one statement:
    /// [`Db::write_row`] leaves nothing when it fails, and `body` must not fail after it.
    pub(super) fn atomically_one<T: Collection, R>(
        &self,
        body: impl FnOnce(&Table) -> Outcome<R>,
    ) -> Outcome<R> {
        let table = self.table::<T>()?;
        let needs_own = table.is_columnar() || self.log.borrow().depth() == 0 || self.log.borrow().is_full();
        if needs_own {
            return self.atomically(|| body(table));
        }
        if self.reading.get() > 0 {
            return Err(Cause::Reading.into());
        }
        body(table)
    }

    /// At the end of the outermost transaction: its events become part of the log.
    fn append_events(&self) -> Outcome<()> {
        let mut log = self.log.borrow_mut();
        if log.depth() > 1 { Ok(()) } else { log.flush(&*self.backend, &*self.clock) }
    }
}

/// The log's side of a transaction, taken back when it is dropped before it was committed.
pub(super) struct Level<'a>(&'a Db);

impl<'a> Level<'a> {
    pub(super) fn begin(db: &'a Db) -> Self {
        db.log.borrow_mut().begin();
        Self(db)
    }

    pub(super) fn commit(self) {
        self.0.log.borrow_mut().commit();
        std::mem::forget(self);
    }
}

impl Drop for Level<'_> {
    fn drop(&mut self) {
        self.0.log.borrow_mut().rollback();
    }
}
