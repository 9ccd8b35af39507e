//! The archive: snapshots in a lake, each by itself, as plain Parquet with a manifest.
//!
//! A folder of the lake is a snapshot when it has a manifest, which is stored last and only where there is none; it names every
//! file with its hash. Names of files are never used twice, so whatever a crash leaves or a store does late belongs to no
//! other. Invariant 10 holds by two kinds of marks, of which each side leaves its own before it looks for the other's: who
//! reads marks the folder as being read, who deletes as being deleted. Stands above `hot` and `cold`.

mod fetch;
mod key;
mod manifest;
mod promote;
mod reading;
mod remove;
mod retain;

use std::sync::Arc;

use crate::{
    Db, Timestamp,
    cdc::SnapshotId,
    cold::{Lake, Store, StoreErrorKind, StoredFile, refused},
    error::{During, Operation, Outcome, StorageError},
};

pub use manifest::{ArchivedCollection, ArchivedFile, ArchivedSnapshot};

use super::{Keep, Restored, SnapshotError, SnapshotMetadata};
use key::Folder;

/// For how long a mark that a snapshot is being read counts, and for how long a promotion may take, in microseconds.
const DAY: i64 = 86_400_000_000;
/// For how long a mark that a snapshot is being deleted counts.
const HOUR: i64 = 3_600_000_000;

/// The snapshots of objects of one type in a lake, from [`Lake::archive`].
///
/// A snapshot that is promoted stands alone in the folder
/// `snapshots/{type}/{object}/year=YYYY/month=MM/{snapshot}/`: its documents as Parquet that any engine reads, and
/// `manifest.json`, which says what it is of and names every file with its hash.
///
/// ```
/// # use terrace::{cold::Lake, prelude::*, snapshots::SnapshotKind::Full};
/// # #[derive(Collection)]
/// # struct City { #[id] name: String, people: i64 }
/// # futures_executor::block_on(async {
/// let db = Db::open_in_memory(collections![City])?;
/// db.insert(&City { name: "Bonn".into(), people: 330_000 })?;
/// let snapshot = db.snapshots().create(Full)?;
///
/// let archive = Lake::open("memory://").await?.archive("country");
/// let archived = archive.promote(&db, snapshot.id).await?;
/// assert_eq!(archive.list(db.object_id()).await?, [archived.clone()]);
///
/// let other = Db::open_in_memory(collections![City])?;
/// archive.restore(&other, &archived.object, archived.id).await?;
/// assert_eq!(other.get::<City>("Bonn")?.map(|city| city.people), Some(330_000));
/// # Ok::<(), StorageError>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct Archive {
    lake: Lake,
    object_type: Arc<str>,
}

impl Lake {
    /// The archived snapshots of objects of this type: whatever the program calls the class of its Durable Objects.
    #[must_use]
    pub fn archive(&self, object_type: &str) -> Archive {
        Archive { lake: self.clone(), object_type: object_type.into() }
    }
}

impl Archive {
    /// Brings a snapshot of a database into the lake, as a full one that needs no other. One that is there already is left as
    /// it is, and what is there is given: so it can be done again, by several at once, whatever became of an earlier try.
    ///
    /// # Errors
    /// [`SnapshotError`]: there is no such snapshot, it is damaged, or it is being deleted from the archive. The lake cannot be
    /// reached, or is the catalog of a service, which has no place for files of one's own.
    pub async fn promote(&self, db: &Db, id: SnapshotId) -> Result<ArchivedSnapshot, StorageError> {
        self.promoted(db, id).await.during_no_collection(Operation::Snapshot)
    }

    /// The snapshots of an object, the oldest first.
    ///
    /// # Errors
    /// The lake cannot be reached; a manifest is damaged.
    pub async fn list(&self, object: &str) -> Result<Vec<ArchivedSnapshot>, StorageError> {
        let list = async {
            let mut all = Vec::new();
            for folder in self.folders(object).await? {
                all.extend(self.read(object, &folder).await?);
            }
            all.sort_by_key(|snapshot| snapshot.timestamp);
            Ok(all)
        };
        Outcome::during_no_collection(list.await, Operation::Snapshot)
    }

    /// What a snapshot is, without looking at its documents.
    ///
    /// # Errors
    /// There is no such snapshot; its manifest is damaged; the lake cannot be reached.
    pub async fn inspect(&self, object: &str, id: SnapshotId) -> Result<ArchivedSnapshot, StorageError> {
        self.inspected(object, id).await.map(|(_, found)| found).during_no_collection(Operation::Snapshot)
    }

    /// Reads a snapshot to the last document: that every file is there and as it was stored, and that the documents are those
    /// whose checksums it has.
    ///
    /// # Errors
    /// [`SnapshotError::Damaged`], with the file. There is no such snapshot, or it is being deleted; the lake cannot be reached.
    pub async fn verify(&self, object: &str, id: SnapshotId) -> Result<(), StorageError> {
        let verify = self.reading(object, id, async |snapshot| self.documents(&snapshot, None).await);
        verify.await.during_no_collection(Operation::Snapshot)
    }

    /// Takes a database back to a snapshot of any object: [`Archive::fetch`], then
    /// [`Snapshots::restore`](super::Snapshots::restore). Documents of an earlier schema are migrated.
    ///
    /// # Errors
    /// As of these two; nothing was touched then.
    pub async fn restore(&self, db: &Db, object: &str, id: SnapshotId) -> Result<Restored, StorageError> {
        self.fetch(db, object, id).await?;
        db.snapshots().restore(id)
    }

    /// Brings a snapshot of any object among those of a database, unless it is there and sound. All that it holds is compared
    /// with its hashes and checksums on the way, and it is there when all of it is.
    ///
    /// # Errors
    /// [`SnapshotError`]: there is no such snapshot, it is damaged, or it is being deleted.
    /// [`Cause::Overtaken`](crate::Cause::Overtaken): another fetch into the same database began. The lake cannot be reached,
    /// the database cannot be written.
    pub async fn fetch(
        &self,
        db: &Db,
        object: &str,
        id: SnapshotId,
    ) -> Result<SnapshotMetadata, StorageError> {
        self.fetched(db, object, id).await.during_no_collection(Operation::Snapshot)
    }

    /// Removes a snapshot. One whose deletion was broken off is removed to the end.
    ///
    /// # Errors
    /// [`SnapshotError::Needed`]: it is held, or being read; a read that was broken off counts for a day. There is no such
    /// snapshot; the lake cannot be reached.
    pub async fn delete(&self, object: &str, id: SnapshotId) -> Result<(), StorageError> {
        self.deleted(object, id).await.during_no_collection(Operation::Snapshot)
    }

    /// Holds a snapshot: neither [`Archive::delete`] nor [`Archive::retain`] removes it until it is released.
    ///
    /// # Errors
    /// There is no such snapshot, or it is being deleted; the lake cannot be reached.
    pub async fn hold(&self, object: &str, id: SnapshotId) -> Result<(), StorageError> {
        self.set_held(object, id, true).await.during_no_collection(Operation::Snapshot)
    }

    /// Holds a snapshot no longer.
    ///
    /// # Errors
    /// There is no such snapshot; the lake cannot be reached.
    pub async fn release(&self, object: &str, id: SnapshotId) -> Result<(), StorageError> {
        self.set_held(object, id, false).await.during_no_collection(Operation::Snapshot)
    }

    /// Removes the snapshots of an object that no rule keeps; gives their names. Removes what is left of promotions,
    /// deletions and reads that were broken off more than a day ago, too.
    ///
    /// Whatever the rules say, these stay: those that are held, those that are being read, and the newest that has all of its
    /// files.
    ///
    /// # Errors
    /// The lake cannot be reached; a manifest is damaged: delete that snapshot first.
    pub async fn retain(&self, object: &str, keep: Keep) -> Result<Vec<SnapshotId>, StorageError> {
        self.retained(object, keep).await.during_no_collection(Operation::Snapshot)
    }

    fn store(&self) -> Outcome<&Arc<dyn Store>> {
        self.lake.catalog.store().ok_or_else(|| {
            refused(&"the catalog of a service has no place for snapshots; open the lake of the archive by the URL of a store")
        })
    }

    /// The moment so many microseconds ago.
    fn ago(&self, micros: i64) -> Timestamp {
        Timestamp::from_micros(self.lake.now().micros().saturating_sub(micros))
    }

    /// The folders of the snapshots of an object, and of what is left of some.
    async fn folders(&self, object: &str) -> Outcome<Vec<Folder>> {
        let folder = key::of_object(&self.object_type, object);
        let listed = self.store()?.list(&folder).await?;
        Ok(Folder::all(&folder, listed))
    }

    /// Lists a folder.
    async fn folder(&self, id: SnapshotId, path: &str) -> Outcome<Folder> {
        let listed: Vec<StoredFile> = self.store()?.list(path).await?;
        Ok(Folder::of(id, path, listed))
    }

    async fn inspected(&self, object: &str, id: SnapshotId) -> Outcome<(Folder, ArchivedSnapshot)> {
        let folders = self.folders(object).await?;
        for folder in folders.into_iter().filter(|folder| folder.id == id) {
            if let Some(found) = self.read(object, &folder).await? {
                return Ok((folder, found));
            }
        }
        Err(SnapshotError::NotArchived { id, object: object.to_owned() }.into())
    }

    /// The snapshot in a folder; none where there is no manifest.
    async fn read(&self, object: &str, folder: &Folder) -> Outcome<Option<ArchivedSnapshot>> {
        if !folder.has(key::MANIFEST) {
            return Ok(None);
        }
        let bytes = match self.store()?.get(&folder.path_of(key::MANIFEST), None).await {
            Err(error) if error.kind == StoreErrorKind::NotFound => return Ok(None),
            got => got?,
        };
        let of = (&*self.object_type, object);
        let mut parsed = ArchivedSnapshot::parse(&bytes, of, folder.id, &folder.path)?;
        parsed.held = folder.has(key::HELD);
        Ok(Some(parsed))
    }
}
