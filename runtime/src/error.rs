//! The one error type of the crate: where something failed, while doing what, and the cause untouched.

use std::{error::Error, fmt};

#[cfg(feature = "lake")]
use crate::cold::{CatalogError, FileError, LakeError, MappingError, StoreError};
#[cfg(feature = "warm")]
use crate::warm::CacheError;
use crate::{
    cdc::SnapshotId, schema::FieldError, snapshots::SnapshotError, value::ValueError, vortex::VrtxError,
};

/// Where a [`StorageError`] comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StorageTier {
    /// SQLite, and the change log in it.
    Hot,
    /// The cache.
    Warm,
    /// The lake.
    Cold,
}

/// What was being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// Opening a database, migration included.
    Open,
    /// Inserting documents.
    Insert,
    /// Inserting or replacing a document.
    Upsert,
    /// Changing documents.
    Update,
    /// Deleting documents.
    Delete,
    /// Reading one document by its id.
    Get,
    /// Reading documents.
    Find,
    /// Reckoning over documents.
    Analyze,
    /// Reading with SQL.
    Query,
    /// Beginning or ending a transaction.
    Transaction,
    /// Reading or keeping the change log.
    Changes,
    /// Applying a change log.
    Replay,
    /// Moving documents into columns.
    Maintain,
    /// Taking, keeping or restoring snapshots.
    Snapshot,
    /// Taking a bookmark of the platform, or going back to one.
    Bookmark,
    /// Bringing the log to the lake.
    Sync,
    /// Folding changes into the state table, and merging files of the lake.
    Compact,
    /// Forgetting snapshots and removing files of the lake.
    Expire,
    /// Invalidating what caches hold.
    Invalidate,
    /// Making a value, outside of any database.
    Value,
}

/// Something that did not work, and left everything as it was before.
///
/// ```
/// use terrace::{Cause, prelude::*};
/// #[derive(Collection)]
/// struct Reading { #[id] at: i64, celsius: f64 }
///
/// let db = Db::open_in_memory(collections![Reading])?;
/// let error = db.insert(&Reading { at: 1, celsius: f64::NAN }).unwrap_err();
/// assert!(matches!(error.source, Cause::Field(_)));
/// assert!(error.to_string().contains("column `celsius`: NaN cannot be stored"));
/// # Ok::<(), StorageError>(())
/// ```
#[derive(Debug)]
pub struct StorageError {
    /// Where.
    pub tier: StorageTier,
    /// While doing what.
    pub operation: Operation,
    /// The collection, where one was at hand.
    pub collection: Option<Box<str>>,
    /// The SQL statement, where one was running.
    pub statement: Option<Box<str>>,
    /// Why.
    pub source: Cause,
}

/// Why something did not work.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Cause {
    /// A value of a document that cannot be stored or read.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// A value outside of a document that cannot be stored or read.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// There is no document with this id.
    #[error("there is no document with the id {id}")]
    NotFound {
        /// The id.
        id: String,
    },
    /// Someone else changed the document since it was read.
    #[error(
        "the document {id} is at version {found}, not at {expected}; read it again and repeat the change"
    )]
    Conflict {
        /// The id.
        id: String,
        /// The version of the document that was handed in.
        expected: i64,
        /// The version that is stored.
        found: i64,
    },
    /// An update tried to give a document another id.
    #[error(
        "an update cannot change the id {id}; insert the document under the new id and delete the old one"
    )]
    IdChanged {
        /// The id.
        id: String,
    },
    /// Another document has the same id, or the same values in a unique index.
    #[error("another document has the same {columns}")]
    NotUnique {
        /// The columns, as SQLite names them.
        columns: String,
        /// SQLite's own error.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// Any other constraint of the table.
    #[error("{source}")]
    Constraint {
        /// SQLite's own error.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The collection was not named when the database was opened.
    #[error("the database was opened without it; add it to `collections![…]`")]
    NotOpened,
    /// The stored schema comes from newer code.
    #[error(
        "the database is at schema {stored} of this collection, and this code has the older schema {known}; deploy the code that has schema {stored}, or change the struct so that it is a new schema"
    )]
    NewerSchema {
        /// The number of the stored schema.
        stored: usize,
        /// The number that this code's schema had.
        known: usize,
    },
    /// Another process has migrated the database since it was opened here.
    #[error("another process has migrated the database since it was opened here; open it again")]
    Migrated,
    /// The database was written by a newer version of this crate.
    #[error(
        "the database has format {stored}, and this version of terrace knows formats up to {known}; use the newer version of terrace"
    )]
    NewerFormat {
        /// The stored format.
        stored: i64,
        /// The newest format that is known here.
        known: i64,
    },
    /// A migration would lose data.
    #[error("column `{column}`: {problem}")]
    Migration {
        /// The column.
        column: String,
        /// Old type, new type, and what to do.
        problem: String,
    },
    /// A schema that no database can hold.
    #[error("{0}")]
    Schema(String),
    /// The file is not a database of SQLite.
    #[error("the file is not a SQLite database; give the path of one, or of a file that does not exist yet")]
    NotADatabase {
        /// SQLite's own error.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The file is a database of SQLite that holds no object of terrace.
    #[error("the file is a SQLite database, but not one that terrace made")]
    NotTerrace,
    /// Another process holds the database.
    #[error("another process is writing to the database; try again when it has finished")]
    Locked {
        /// SQLite's own error.
        source: Box<dyn Error + Send + Sync>,
    },
    /// SQLite ended the transaction by itself after an earlier error in it, such as a full disk.
    ///
    /// A Durable Object is then started anew: the request ends in the platform's own error, and everything that it had
    /// written before is gone too.
    #[error("an earlier error has rolled the whole transaction back; end it, and begin another")]
    RolledBack,
    /// There is no room on the disk.
    #[error("the disk is full; nothing was written: make room and try again")]
    DiskFull {
        /// SQLite's own error.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The disk could not be read or written.
    #[error("the disk could not be read or written: {source}")]
    Io {
        /// SQLite's own error.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The statement or a row is beyond a limit of Durable Objects.
    #[error("beyond a limit of Durable Objects: {limit}")]
    Limit {
        /// Which, and what to do.
        limit: String,
    },
    /// A log entry or a schema that was stored is damaged.
    #[error("{what} is damaged: {problem}; restore the database from a copy")]
    Corrupt {
        /// Which part.
        what: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A segment that cannot be read or written.
    #[error(transparent)]
    Vrtx(#[from] VrtxError),
    /// Maintenance inside of a transaction.
    #[error("maintenance is made of transactions of its own; call it outside of one")]
    InTransaction,
    /// `query` got a statement that does more than read.
    #[error("`query` only reads; write through `insert`, `update` and `delete`, which leave change events")]
    NotARead,
    /// A write inside of the closure of `each` or `update`.
    #[error("a closure has the document; write after it, in the same transaction if need be")]
    Reading,
    /// The events that were asked for are no longer in the log.
    #[error(
        "the log begins after event {pruned_to}, and events after {asked} were asked for; start from a snapshot"
    )]
    Pruned {
        /// The cursor that was given.
        asked: u64,
        /// The last event that was pruned.
        pruned_to: u64,
    },
    /// The log ends before the position that was asked for: the position belongs to another history of the object.
    #[error(
        "the log ends with event {head}, and events after {asked} were asked for; the object was rewound or the cursor belongs to another: start from a snapshot"
    )]
    Ahead {
        /// The cursor that was given.
        asked: u64,
        /// The last event of the log.
        head: u64,
    },
    /// There is no such consumer.
    #[error("there is no consumer `{name}`; make it with `changes().register(\"{name}\")`")]
    NoConsumer {
        /// Its name.
        name: String,
    },
    /// An event without the values that a replay needs.
    #[error(
        "event {sequence} was captured with `{capture}` and holds too little to be replayed; use `capture = \"full\"` or `\"after\"`"
    )]
    NotReplayable {
        /// The event.
        sequence: u64,
        /// The collection's capture.
        capture: &'static str,
    },
    /// The log goes over the restore of a snapshot, which it does not hold the documents of.
    #[error(
        "event {sequence} restored the snapshot {snapshot}, whose documents are not in the log; replay what comes before it and after it, or restore the snapshot"
    )]
    RestoredBetween {
        /// The event.
        sequence: u64,
        /// The snapshot.
        snapshot: SnapshotId,
    },
    /// A snapshot that is not there, is damaged, or cannot be used so.
    #[error(transparent)]
    Snapshot(Box<SnapshotError>),
    /// What was fetched of a snapshot so far was removed by someone else.
    #[error("another fetch into this database took the place of this one; fetch the snapshot again")]
    Overtaken,
    /// The platform gives no such bookmark, or does not go back to it.
    #[error("the platform refuses the bookmark: {source}")]
    Bookmark {
        /// The platform's own error.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The store of the lake.
    #[cfg(feature = "lake")]
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The catalog of the lake.
    #[cfg(feature = "lake")]
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// A collection that does not fit its table in the lake.
    #[cfg(feature = "lake")]
    #[error(transparent)]
    Mapping(Box<MappingError>),
    /// A file of the lake that cannot be written or read.
    #[cfg(feature = "lake")]
    #[error(transparent)]
    File(#[from] FileError),
    /// Anything else of the lake.
    #[cfg(feature = "lake")]
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// The cache, which could not be told of an invalidation; no read fails for it.
    #[cfg(feature = "warm")]
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// What another reader was loading for all who asked for it has failed; that reader has the cause itself.
    #[cfg(feature = "warm")]
    #[error("another reader, who was loading the same, has failed: {0}")]
    Shared(String),
    /// A page cursor that belongs to another query.
    #[error(
        "the cursor is not one of this query; use it with the collection and the orders that it came from"
    )]
    Cursor,
    /// The caller's own error, by [`StorageError::abort`].
    #[error("{0}")]
    Aborted(#[source] Box<dyn Error + Send + Sync>),
    /// Any other error of SQLite.
    #[error("{0}")]
    Sqlite(#[source] Box<dyn Error + Send + Sync>),
}

/// A cause on its way up, with the statement if one was running; [`Failure::during`] makes it a [`StorageError`].
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) cause: Cause,
    pub(crate) statement: Option<Box<str>>,
    pub(crate) collection: Option<Box<str>>,
}

pub(crate) type Outcome<R> = Result<R, Failure>;

impl<C: Into<Cause>> From<C> for Failure {
    fn from(cause: C) -> Self {
        Self { cause: cause.into(), statement: None, collection: None }
    }
}

impl StorageError {
    /// An error of the caller's own, to roll a transaction back with; it comes back as [`Cause::Aborted`].
    ///
    /// ```
    /// # use terrace::prelude::*;
    /// # let db = Db::open_in_memory(collections![])?;
    /// let result: Result<(), StorageError> = db.transaction(|_| Err(StorageError::abort("out of stock")));
    /// assert!(result.is_err());
    /// # Ok::<(), StorageError>(())
    /// ```
    pub fn abort(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Failure::from(Cause::Aborted(error.into())).during(Operation::Transaction, None)
    }
}

impl Cause {
    fn tier(&self) -> StorageTier {
        match self {
            #[cfg(feature = "lake")]
            Self::Store(_) | Self::Catalog(_) | Self::Mapping(_) | Self::File(_) | Self::Lake(_) => {
                StorageTier::Cold
            }
            #[cfg(feature = "warm")]
            Self::Cache(_) => StorageTier::Warm,
            _ => StorageTier::Hot,
        }
    }
}

impl Failure {
    /// Adds the statement that was running.
    pub(crate) fn within(mut self, sql: &str) -> Self {
        self.statement = (!sql.is_empty()).then(|| sql.into());
        self
    }

    /// Adds the collection, where [`Failure::during`] will not know it.
    pub(crate) fn of(mut self, collection: &str) -> Self {
        self.collection = Some(collection.into());
        self
    }

    /// Adds what was being done, and to which collection.
    pub(crate) fn during(self, operation: Operation, collection: Option<&str>) -> StorageError {
        StorageError {
            tier: self.cause.tier(),
            operation,
            collection: collection.map(Box::from).or(self.collection),
            statement: self.statement,
            source: self.cause,
        }
    }
}

/// Adds the place to a failure at the surface of the crate.
pub(crate) trait During<R> {
    fn during(self, operation: Operation, collection: &str) -> Result<R, StorageError>;
    fn during_no_collection(self, operation: Operation) -> Result<R, StorageError>;
}

impl<R> During<R> for Outcome<R> {
    fn during(self, operation: Operation, collection: &str) -> Result<R, StorageError> {
        self.map_err(|failure| failure.during(operation, Some(collection)))
    }

    fn during_no_collection(self, operation: Operation) -> Result<R, StorageError> {
        self.map_err(|failure| failure.during(operation, None))
    }
}

impl From<SnapshotError> for Cause {
    fn from(error: SnapshotError) -> Self {
        Self::Snapshot(Box::new(error))
    }
}

#[cfg(feature = "lake")]
impl From<MappingError> for Cause {
    fn from(error: MappingError) -> Self {
        Self::Mapping(Box::new(error))
    }
}

/// An error of a method of the surface that the library itself has called.
impl From<StorageError> for Failure {
    fn from(error: StorageError) -> Self {
        Self { cause: error.source, statement: error.statement, collection: error.collection }
    }
}

impl From<FieldError> for StorageError {
    fn from(error: FieldError) -> Self {
        Failure::from(error).during(Operation::Value, None)
    }
}

impl From<ValueError> for StorageError {
    fn from(error: ValueError) -> Self {
        Failure::from(error).during(Operation::Value, None)
    }
}

impl fmt::Display for StorageTier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hot => "hot",
            Self::Warm => "warm",
            Self::Cold => "cold",
        })
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "open",
            Self::Insert => "insert",
            Self::Upsert => "upsert",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Get => "get",
            Self::Find => "find",
            Self::Analyze => "analyze",
            Self::Query => "query",
            Self::Transaction => "transaction",
            Self::Changes => "changes",
            Self::Replay => "replay",
            Self::Maintain => "maintain",
            Self::Snapshot => "snapshot",
            Self::Bookmark => "bookmark",
            Self::Sync => "sync",
            Self::Compact => "compact",
            Self::Expire => "expire",
            Self::Invalidate => "invalidate",
            Self::Value => "value",
        })
    }
}

impl fmt::Display for StorageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} tier, {}", self.tier, self.operation)?;
        if let Some(collection) = &self.collection {
            write!(f, " of `{collection}`")?;
        }
        write!(f, ": {}", self.source)?;
        match &self.statement {
            Some(statement) => write!(f, " (in: {statement})"),
            None => Ok(()),
        }
    }
}

impl Error for StorageError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.source)
    }
}
