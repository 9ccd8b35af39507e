//! Snapshots of an object: what it held at a position of its log, kept beside its collections, and the way back to it.
//!
//! A full snapshot has every document as VRTX segments; an incremental one the log after the snapshot that it builds on.
//! Each says what it is of, and the checksums of its collections before and after; a chain is looked at as a whole before
//! anything is touched. A restore is one transaction and begins a new lineage (invariant 6); no snapshot that a kept one or
//! an unfinished restore needs is deleted (invariant 10). Stands above `hot`, which knows how parts are stored.

#[cfg(feature = "lake")]
mod archive;
mod automatic;
mod chain;
mod contents;
mod create;
mod diff;
mod error;
mod metadata;
mod moment;
mod restore;
mod retention;

#[cfg(feature = "lake")]
pub use archive::{Archive, ArchivedCollection, ArchivedFile, ArchivedSnapshot};
pub use diff::{DocumentChange, DocumentDiff, FieldDiff};
pub use error::SnapshotError;
pub use metadata::{SnapshotCollection, SnapshotKind, SnapshotMetadata};
pub use restore::Restored;
pub use retention::{Keep, Tiers};

pub use crate::cdc::SnapshotId;

use crate::{
    Db,
    error::{During, Operation, Outcome, StorageError},
    hot::StoredSnapshot,
};

/// The snapshots of an object, from [`Db::snapshots`].
///
/// ```
/// # use terrace::{prelude::*, snapshots::SnapshotKind::Full};
/// #[derive(Collection)]
/// struct City { #[id] name: String, people: i64 }
/// # let db = Db::open_in_memory(collections![City])?;
/// db.insert(&City { name: "Bonn".into(), people: 330_000 })?;
/// let snapshot = db.snapshots().create(Full)?;
/// db.delete::<City>("Bonn")?;
/// db.snapshots().restore(snapshot.id)?;
/// assert_eq!(db.get::<City>("Bonn")?.map(|city| city.people), Some(330_000));
/// # Ok::<(), StorageError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Snapshots<'db> {
    db: &'db Db,
}

impl Db {
    /// The snapshots of this object.
    #[must_use]
    pub fn snapshots(&self) -> Snapshots<'_> {
        Snapshots { db: self }
    }
}

impl Snapshots<'_> {
    /// Every snapshot, the oldest first; but those whose metadata is damaged, see [`Snapshots::damaged`].
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn list(self) -> Result<Vec<SnapshotMetadata>, StorageError> {
        let all = self.readable().map(|all| all.into_iter().map(|(_, metadata)| metadata).collect());
        Outcome::during_no_collection(all, Operation::Snapshot)
    }

    /// The snapshots whose metadata is damaged: nothing is known of them, and all that can be done with them is to delete them.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn damaged(self) -> Result<Vec<SnapshotId>, StorageError> {
        let damaged = || {
            let stored = self.db.stored_snapshots()?.into_iter();
            Ok(stored.filter(|stored| metadata::parse(stored).is_err()).map(|stored| stored.id).collect())
        };
        Outcome::during_no_collection(damaged(), Operation::Snapshot)
    }

    /// What a snapshot is, without looking at its documents.
    ///
    /// # Errors
    /// There is no such snapshot, or its metadata is damaged.
    pub fn inspect(self, id: SnapshotId) -> Result<SnapshotMetadata, StorageError> {
        let inspect = || Ok(metadata::parse(&self.find(id)?)?);
        Outcome::during_no_collection(inspect(), Operation::Snapshot)
    }

    /// Reads a snapshot, and those that it builds on, to the last document: that every part is there and as it was
    /// written, that each builds on the one before, and that the documents are those whose checksums it has.
    ///
    /// # Errors
    /// [`SnapshotError`], which names the snapshot that is missing or damaged.
    pub fn verify(self, id: SnapshotId) -> Result<(), StorageError> {
        let verify = || self.db.consistently(|| self.chain(id)?.check_documents(self.db));
        Outcome::during_no_collection(verify(), Operation::Snapshot)
    }

    /// Removes a snapshot.
    ///
    /// # Errors
    /// [`SnapshotError::Needed`]: another one builds on it, it is held, or a lake has not got what was restored from it yet.
    pub fn delete(self, id: SnapshotId) -> Result<(), StorageError> {
        let delete = || {
            let all = self.db.stored_snapshots()?;
            let stored = all.iter().find(|stored| stored.id == id).ok_or(SnapshotError::NotFound { id })?;
            retention::require_free(self.db, &all, stored)?;
            self.db.remove_snapshot(stored.number)
        };
        self.db.atomically(delete).during_no_collection(Operation::Snapshot)
    }

    /// Holds a snapshot: neither [`Snapshots::delete`] nor [`Snapshots::retain`] removes it until it is released.
    ///
    /// # Errors
    /// There is no such snapshot.
    pub fn hold(self, id: SnapshotId) -> Result<(), StorageError> {
        self.set_held(id, true)
    }

    /// Holds a snapshot no longer.
    ///
    /// # Errors
    /// There is no such snapshot.
    pub fn release(self, id: SnapshotId) -> Result<(), StorageError> {
        self.set_held(id, false)
    }

    fn set_held(self, id: SnapshotId, held: bool) -> Result<(), StorageError> {
        let set = || self.db.set_held(self.find(id)?.number, held);
        self.db.atomically(set).during_no_collection(Operation::Snapshot)
    }

    fn find(self, id: SnapshotId) -> Outcome<StoredSnapshot> {
        let found = self.db.stored_snapshots()?.into_iter().find(|stored| stored.id == id);
        Ok(found.ok_or(SnapshotError::NotFound { id })?)
    }

    /// All but those whose metadata is damaged, the oldest first: one that was fetched from an archive may have come last.
    fn readable(self) -> Outcome<Vec<(StoredSnapshot, SnapshotMetadata)>> {
        let parsed = |stored: StoredSnapshot| Some((stored.clone(), metadata::parse(&stored).ok()?));
        let mut all: Vec<_> = self.db.stored_snapshots()?.into_iter().filter_map(parsed).collect();
        all.sort_by_key(|(_, metadata)| metadata.timestamp);
        Ok(all)
    }
}
