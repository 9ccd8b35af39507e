//! Consumers of the change log: named positions that the log remembers.
//!
//! A consumer gets each event at least once: what it has not acknowledged comes again. Invariant 5: the log is not
//! pruned above what every consumer has acknowledged, or a gap is left that they see.

use crate::{
    Timestamp,
    error::{Cause, During, Operation, Outcome, StorageError},
    value::{RowBuf, ValueRef},
};

use super::{
    Db,
    changes::{Changes, Events},
    read::{self, integer},
};

/// A named position in the change log.
///
/// ```
/// # use terrace::prelude::*;
/// #[derive(Collection)]
/// struct City { #[id] name: String }
/// # let db = Db::open_in_memory(collections![City])?;
/// let search = db.changes().register("search index")?;
/// db.insert(&City { name: "Bonn".into() })?;
/// for event in search.events()? {
///     let event = event?;
///     // … put it into the index, and then:
///     search.acknowledge(event.sequence)?;
/// }
/// assert_eq!(search.lag()?.events, 0);
/// # Ok::<(), StorageError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Consumer<'db> {
    pub(super) db: &'db Db,
    name: String,
}

/// How far a consumer is behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lag {
    /// The last position that it acknowledged.
    pub acknowledged: u64,
    /// How many events it has not acknowledged.
    pub events: u64,
    /// When the oldest of them happened.
    pub since: Option<Timestamp>,
}

impl<'db> Changes<'db> {
    /// Makes the consumer of this name, or finds it. A new one is before the first event that is still in the log.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn register(self, name: &str) -> Result<Consumer<'db>, StorageError> {
        let register = || {
            let start = self.first_position()?.saturating_sub(1);
            let sql =
                "INSERT INTO _terrace_consumer (name, acknowledged) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
            self.db.backend.execute(sql, &[ValueRef::Text(name), integer(start)].as_slice())
        };
        self.db.atomically(register).during_no_collection(Operation::Changes)?;
        Ok(Consumer { db: self.db, name: name.to_owned() })
    }

    /// The names of all consumers, and the last position that each acknowledged.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn consumers(self) -> Result<Vec<(String, u64)>, StorageError> {
        self.read_consumers().during_no_collection(Operation::Changes)
    }

    pub(crate) fn read_consumers(self) -> Outcome<Vec<(String, u64)>> {
        let mut consumers = Vec::new();
        let sql = "SELECT name, acknowledged FROM _terrace_consumer ORDER BY name";
        read::each(&*self.db.backend, sql, &RowBuf::new(), |row| {
            consumers.push((read::text(row, 0)?.to_owned(), read::unsigned(row, 1)?));
            Ok(())
        })?;
        Ok(consumers)
    }
}

impl<'db> Consumer<'db> {
    /// The consumer's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The events that it has not acknowledged.
    ///
    /// # Errors
    /// The database cannot be read; the consumer was removed.
    pub fn events(&self) -> Result<Events<'db>, StorageError> {
        let events = || self.db.changes().events(self.acknowledged()?);
        events().during_no_collection(Operation::Changes)
    }

    /// Remembers that everything up to position `sequence` has been dealt with. A position before the last one
    /// changes nothing.
    ///
    /// # Errors
    /// The position is beyond the log's end; the consumer was removed.
    pub fn acknowledge(&self, sequence: u64) -> Result<(), StorageError> {
        let acknowledge = || self.acknowledge_here(sequence);
        self.db.atomically(acknowledge).during_no_collection(Operation::Changes)
    }

    /// As [`Consumer::acknowledge`], inside of a transaction.
    pub(super) fn acknowledge_here(&self, sequence: u64) -> Outcome<()> {
        let head = self.db.changes().head_position()?;
        if sequence > head {
            return Err(Cause::Ahead { asked: sequence, head }.into());
        }
        if sequence <= self.acknowledged()? {
            return Ok(());
        }
        let sql = "UPDATE _terrace_consumer SET acknowledged = ?2 WHERE name = ?1";
        let parameters = [ValueRef::Text(&self.name), integer(sequence)];
        self.db.backend.execute(sql, &parameters.as_slice()).map(drop)
    }

    /// How far it is behind.
    ///
    /// # Errors
    /// The database cannot be read; the consumer was removed.
    pub fn lag(&self) -> Result<Lag, StorageError> {
        let counted = || {
            let (log, acknowledged) = (self.db.changes(), self.acknowledged()?);
            let events = log.head_position()?.saturating_sub(acknowledged);
            let since = log.next_after(acknowledged)?.map(|oldest| oldest.timestamp);
            Ok(Lag { acknowledged, events, since })
        };
        Outcome::during_no_collection(counted(), Operation::Changes)
    }

    /// Forgets the consumer; the log no longer waits for it.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn remove(self) -> Result<(), StorageError> {
        let sql = "DELETE FROM _terrace_consumer WHERE name = ?1";
        let remove = || self.db.backend.execute(sql, &[ValueRef::Text(&self.name)].as_slice()).map(drop);
        self.db.atomically(remove).during_no_collection(Operation::Changes)
    }

    /// The last position that it acknowledged.
    pub(crate) fn acknowledged(&self) -> Outcome<u64> {
        let sql = "SELECT acknowledged FROM _terrace_consumer WHERE name = ?1";
        let found = read::first(&*self.db.backend, sql, &[ValueRef::Text(&self.name)].as_slice(), |row| {
            read::unsigned(row, 0)
        })?;
        found.ok_or_else(|| Cause::NoConsumer { name: self.name.clone() }.into())
    }
}
