//! Lineages: the names of an object's unbroken histories.
//!
//! Keeps invariant 6: a new one begins with an event that says so.

use crate::{
    cdc::{Lineage, frame},
    error::{During, Operation, Outcome, StorageError},
    value::{RowBuf, ValueRef},
};

use super::{
    Db,
    backend::Backend,
    read::{self, corrupt, integer},
};

impl Db {
    /// The present lineage.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn lineage(&self) -> Result<Lineage, StorageError> {
        present(&*self.backend).during_no_collection(Operation::Changes)
    }

    /// The present lineage, for what stands above.
    pub(crate) fn present_lineage(&self) -> Outcome<Lineage> {
        present(&*self.backend)
    }

    /// The lineage of an event that happened in this database.
    pub(crate) fn lineage_at(&self, sequence: u64) -> Outcome<Option<Lineage>> {
        let all = read_all(&*self.backend)?;
        Ok(all.iter().rev().find(|(first, _)| *first <= sequence.max(1)).map(|(_, lineage)| *lineage))
    }

    /// Begins a new lineage and leaves a `RESTORE` event: for a database whose file was copied, or that was taken back in
    /// time, so that its history and that of the original are told apart from here on.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn fork(&self) -> Result<Lineage, StorageError> {
        self.atomically(|| self.begin_lineage()).during_no_collection(Operation::Changes)
    }

    /// As [`Db::fork`], for a database that holds the mark of a bookmark: the platform has taken it back there.
    pub(super) fn after_rewind(&self) -> Outcome<()> {
        self.atomically(|| {
            self.backend.execute("DELETE FROM _terrace_bookmark", &RowBuf::new())?;
            self.begin_lineage().map(drop)
        })
    }

    pub(crate) fn begin_lineage(&self) -> Outcome<Lineage> {
        let before = present(&*self.backend)?;
        let after = Lineage((self.random.borrow_mut())());
        let first = self.log.borrow().next_sequence(&*self.backend)?;
        write(&*self.backend, first, after)?;
        self.record(|bytes| {
            frame::encode_restore(bytes, before, after);
            Ok(())
        })?;
        Ok(after)
    }
}

/// The lineages of the object with the first sequence number of each, the oldest first.
pub(super) fn read_all(backend: &dyn Backend) -> Outcome<Vec<(u64, Lineage)>> {
    let mut lineages = Vec::new();
    let sql = "SELECT first_seq, lineage FROM _terrace_lineage ORDER BY first_seq";
    read::each(backend, sql, &RowBuf::new(), |row| {
        let bytes = read::blob(row, 1)?;
        let lineage =
            bytes.try_into().map_err(|_| corrupt("the list of lineages", "a lineage has 16 bytes"))?;
        lineages.push((read::unsigned(row, 0)?, Lineage(lineage)));
        Ok(())
    })?;
    Ok(lineages)
}

/// Adds a lineage that begins with event `first`.
pub(super) fn write(backend: &dyn Backend, first: u64, lineage: Lineage) -> Outcome<()> {
    let parameters = [integer(first), ValueRef::Blob(&lineage.0)];
    let sql = "INSERT OR REPLACE INTO _terrace_lineage (first_seq, lineage) VALUES (?1, ?2)";
    backend.execute(sql, &parameters.as_slice()).map(drop)
}

/// The last of them.
pub(super) fn present(backend: &dyn Backend) -> Outcome<Lineage> {
    let lineages = read_all(backend)?;
    let last = lineages.last().map(|(_, lineage)| *lineage);
    last.ok_or_else(|| corrupt("the list of lineages", "it is empty").into())
}
