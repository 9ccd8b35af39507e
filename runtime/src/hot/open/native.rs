//! Opening a file on this machine, or a database in its memory.

use std::{path::Path, time::Duration};

use crate::{
    error::{Cause, During, Failure, Operation, StorageError},
    hot::{Db, backends::native::Native, read::corrupt},
    schema::Collections,
};

use super::{Catalog, Options};

impl Options {
    /// How long to wait for another process that is writing, before [`crate::Cause::Locked`].
    #[must_use]
    pub fn busy_timeout(mut self, timeout: Duration) -> Self {
        self.busy_timeout = timeout;
        self
    }

    /// Opens a file, or creates it.
    ///
    /// # Errors
    /// As [`Db::open`].
    pub fn open(self, path: impl AsRef<Path>, collections: Collections) -> Result<Db, StorageError> {
        let opened = Native::open(path.as_ref(), self.busy_timeout);
        opened
            .and_then(|backend| self.on(Box::new(backend), &collections))
            .during_no_collection(Operation::Open)
    }

    /// Opens a database that is there with the collections that it has, as they were stored last: for tools, which do not
    /// know the structs. Nothing is migrated, and nothing typed can be asked; snapshots can be taken and restored. What it
    /// learns of the collections is in memory as long as the program runs.
    ///
    /// # Errors
    /// There is no such file, or it is no database of terrace; as [`Db::open`].
    pub fn open_as_stored(self, path: impl AsRef<Path>) -> Result<Db, StorageError> {
        let opened = || {
            let backend = Native::open_existing(path.as_ref(), self.busy_timeout)?;
            let catalog = Catalog::read(&backend)?.ok_or(Cause::NotTerrace)?;
            let collections = Collections::unbound(catalog.newest());
            let collections = collections.map_err(|name| {
                Failure::from(corrupt("a stored schema", "no struct has such a one")).of(&name)
            })?;
            self.on(Box::new(backend), &collections)
        };
        opened().during_no_collection(Operation::Open)
    }

    /// Opens a new database in memory, which is gone when it is dropped.
    ///
    /// # Errors
    /// As [`Db::open`].
    pub fn open_in_memory(self, collections: Collections) -> Result<Db, StorageError> {
        let opened = Native::in_memory();
        opened
            .and_then(|backend| self.on(Box::new(backend), &collections))
            .during_no_collection(Operation::Open)
    }
}

impl Db {
    /// Opens the database in this file, creates it where there is none, and brings the tables of the collections to
    /// their structs' present form.
    ///
    /// Everything is written with `journal_mode = WAL` and `synchronous = NORMAL`: what a call has returned survives the
    /// end of the process; a failure of power can take the last moments, never the consistency.
    ///
    /// # Errors
    /// The file is not a database, is held by another process, was written by newer code, or a migration would lose
    /// data. The database is as it was before.
    pub fn open(path: impl AsRef<Path>, collections: Collections) -> Result<Self, StorageError> {
        Options::new().open(path, collections)
    }

    /// Opens a new database in memory, which is gone when it is dropped: for tests and trials.
    ///
    /// # Errors
    /// A schema that no database can hold.
    pub fn open_in_memory(collections: Collections) -> Result<Self, StorageError> {
        Options::new().open_in_memory(collections)
    }
}
