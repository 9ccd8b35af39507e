//! Generations: by what a cache knows that a collection is as it was.
//!
//! Keeps invariants 6 and 9. A generation follows from what the log's last row holds anyway, the collection's checksum, and
//! from the lineage. So every write makes another one in its own transaction, whoever writes, and no row is written for it;
//! and a database that the platform takes back in time has the generation that it had then, which is still true.
//! An explicit invalidation is a random mark, in a table that is made when the first is.

use crate::{
    cdc::Generation,
    error::{During, Operation, Outcome, StorageError},
    schema::Collection,
    value::{RowBuf, ValueRef},
};

use super::{
    Db, lineage,
    read::{self, corrupt, integer},
};

const TABLE: &str = "CREATE TABLE IF NOT EXISTS _terrace_invalidated (collection INTEGER PRIMARY KEY, \
                     mark BLOB NOT NULL) STRICT";
const IS_THERE: &str = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '_terrace_invalidated'";
/// What stands for the whole object; collections are numbered from 1.
const OBJECT: u64 = 0;

impl Db {
    /// The generation of a collection: another one after every write to it, and after a restore or a fork.
    ///
    /// # Errors
    /// The database cannot be read.
    ///
    /// ```
    /// # use terrace::prelude::*;
    /// #[derive(Collection)]
    /// struct City { #[id] name: String }
    /// # let db = Db::open_in_memory(collections![City])?;
    /// let before = db.generation::<City>()?;
    /// db.insert(&City { name: "Bonn".into() })?;
    /// assert_ne!(db.generation::<City>()?, before);
    /// # Ok::<(), StorageError>(())
    /// ```
    pub fn generation<T: Collection>(&self) -> Result<Generation, StorageError> {
        self.consistently(|| self.generation_of::<T>()).during(Operation::Get, T::SCHEMA.name)
    }

    /// Gives a collection another generation: what caches hold of it is not taken for true when they next ask. Costs one
    /// row written.
    ///
    /// Writes need no such call; it is for what a document stands for and the database cannot see.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn invalidate<T: Collection>(&self) -> Result<(), StorageError> {
        let mark = || self.mark_invalid(self.table::<T>()?.collection);
        mark().during(Operation::Invalidate, T::SCHEMA.name)
    }

    /// As [`Db::invalidate`], for every collection of the object.
    ///
    /// # Errors
    /// As there.
    pub fn invalidate_all(&self) -> Result<(), StorageError> {
        self.mark_invalid(OBJECT).during_no_collection(Operation::Invalidate)
    }

    /// What `read` reads, and the generation of the collection that it was read from.
    pub(crate) fn at_generation<T: Collection, R>(
        &self,
        read: impl FnOnce() -> Result<R, StorageError>,
    ) -> Outcome<(Generation, R)> {
        self.consistently(|| Ok((self.generation_of::<T>()?, read()?)))
    }

    fn generation_of<T: Collection>(&self) -> Outcome<Generation> {
        let collection = self.table::<T>()?.collection;
        let checksum = self.log.borrow().checksum(&*self.backend, collection)?;
        Ok(Generation::new(lineage::present(&*self.backend)?, checksum, self.marks(collection)?))
    }

    /// The marks of the object and of a collection.
    fn marks(&self, collection: u64) -> Outcome<[[u8; 16]; 2]> {
        let mut marks = [[0; 16]; 2];
        if read::first(&*self.backend, IS_THERE, &RowBuf::new(), |_| Ok(()))?.is_none() {
            return Ok(marks);
        }
        let sql = "SELECT collection, mark FROM _terrace_invalidated WHERE collection IN (?1, ?2)";
        read::each(&*self.backend, sql, &[integer(OBJECT), integer(collection)].as_slice(), |row| {
            let mark = read::blob(row, 1)?.try_into();
            let mark = mark.map_err(|_| corrupt("the mark of an invalidation", "it has not 16 bytes"))?;
            marks[usize::from(read::unsigned(row, 0)? != OBJECT)] = mark;
            Ok(())
        })?;
        Ok(marks)
    }

    fn mark_invalid(&self, collection: u64) -> Outcome<()> {
        self.atomically(|| {
            self.backend.execute(TABLE, &RowBuf::new())?;
            let mark = (self.random.borrow_mut())();
            let sql = "INSERT OR REPLACE INTO _terrace_invalidated (collection, mark) VALUES (?1, ?2)";
            let parameters = [integer(collection), ValueRef::Blob(&mark)];
            self.backend.execute(sql, &parameters.as_slice()).map(drop)
        })
    }
}
