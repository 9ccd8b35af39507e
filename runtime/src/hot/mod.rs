//! The hot tier: documents in SQLite, where every write leaves a change event.
//!
//! Knows `schema`, `filter` and `cdc`. SQLite itself is behind `backend`.

mod analyze;
mod archive;
mod at_once;
mod backend;
mod backends;
#[cfg(all(feature = "worker", target_family = "wasm"))]
mod bookmark;
mod changes;
mod columnar;
mod consumer;
mod cursor;
mod document;
mod export;
mod find;
#[cfg(feature = "warm")]
mod generation;
#[cfg(feature = "lake")]
mod handover;
mod lineage;
mod log;
mod migrate;
mod open;
mod page;
mod query;
mod read;
#[cfg(feature = "lake")]
mod remembered;
mod replay;
mod retention;
mod sql;
#[cfg(feature = "native")]
mod stat;
mod state;
mod table;
mod tail;
mod transaction;
mod write;

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    fmt,
    panic::{RefUnwindSafe, UnwindSafe},
    sync::Arc,
};

pub use analyze::{Aggregate, Aggregates, Analyze, ByGroup, Grouped, Keys, Summable, count};
#[doc(hidden)]
pub use analyze::{Function, Measure, Total};
#[cfg(feature = "lake")]
pub(crate) use archive::Arriving;
pub(crate) use archive::{
    ArchiveWriter, Archived, Content, Digest, Incoming, Overlay, Schemas, StoredSnapshot, Word, Words, apply,
    present_word,
};
#[cfg(all(feature = "worker", target_family = "wasm"))]
pub use bookmark::Bookmark;
pub use changes::{Changes, Events};
pub(crate) use columnar::whole_key;
pub use columnar::{Maintained, Maintenance};
pub use consumer::{Consumer, Lag};
pub use cursor::Cursor;
pub use document::Document;
pub use find::Find;
pub use open::Options;
pub use page::Page;
pub use query::{FromRow, Parameters};
#[cfg(feature = "lake")]
pub(crate) use remembered::Remembered;
pub use retention::{Pruned, Retention};
#[cfg(feature = "native")]
pub use stat::{CollectionStat, LogStat, SegmentStat, SnapshotStat, Stat};

use crate::{
    cdc::{Checksum, EventSchema},
    error::{Cause, During, Operation, Outcome, StorageError},
    schema::Collection,
};

use backend::Backend;
use log::Log;
use table::Table;

/// The hot tier of one object: a SQLite database with its collections and their change log.
///
/// ```
/// use terrace::prelude::*;
///
/// #[derive(Collection, Debug, PartialEq)]
/// struct Note { #[id] id: Id<Note>, text: String }
///
/// let db = Db::open_in_memory(collections![Note])?;
/// let note = Note { id: Id::new(), text: "buy bread".into() };
/// db.insert(&note)?;
/// db.update(note.id, |n| n.text.push_str(" and salt"))?;
/// assert_eq!(db.get(note.id)?.map(|n| n.text).as_deref(), Some("buy bread and salt"));
/// db.delete(note.id)?;
/// assert_eq!(db.changes().since(0)?.count(), 3);
/// # Ok::<(), StorageError>(())
/// ```
///
/// A transaction is the unit of everything: what it wrote and its change events are stored together or not at all.
/// A method called outside of one is a transaction of its own.
pub struct Db {
    backend: Box<dyn Backend>,
    tables: Vec<Table>,
    object: Arc<str>,
    /// Every schema that events of this object were written under, by its number.
    schemas: BTreeMap<u64, Arc<EventSchema>>,
    log: RefCell<Log>,
    clock: open::Clock,
    random: RefCell<open::Random>,
    /// How many closures have a document that was read: nothing may be written meanwhile.
    reading: Cell<usize>,
    /// What was read of the row group that was read last.
    opened: RefCell<columnar::Opened>,
}

impl Db {
    /// The object's id: what its events carry.
    #[must_use]
    pub fn object_id(&self) -> &str {
        &self.object
    }

    /// The number of documents of `T` and their checksum, without reading them.
    ///
    /// Two collections that hold the same documents have the same checksum.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn checksum<T: Collection>(&self) -> Result<Checksum, StorageError> {
        let checksum = |table: &Table| self.log.borrow().checksum(&*self.backend, table.collection);
        self.table::<T>().and_then(checksum).during(Operation::Get, T::SCHEMA.name)
    }

    /// The table of `T`.
    fn table<T: Collection>(&self) -> Outcome<&Table> {
        let of = std::any::TypeId::of::<T>();
        self.tables.iter().find(|table| table.type_id == of).ok_or_else(|| Cause::NotOpened.into())
    }

    /// Adds an event to the log; gives the number of its bytes.
    fn record(&self, encode: impl FnOnce(&mut Vec<u8>) -> Outcome<()>) -> Outcome<usize> {
        self.log.borrow_mut().record(&*self.backend, &*self.clock, encode)
    }
}

// A panic rolls back what it interrupts, and what a `Db` remembers of it is taken back by the guards `Level` and `Reading`.
// A Durable Object that is built with `panic = "unwind"` has to be able to say so.
impl UnwindSafe for Db {}
impl RefUnwindSafe for Db {}

impl fmt::Debug for Db {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let collections: Vec<&str> = self.tables.iter().map(|table| table.schema.name).collect();
        f.debug_struct("Db")
            .field("object", &self.object)
            .field("collections", &collections)
            .finish_non_exhaustive()
    }
}
