//! Taking snapshots.

use crate::{
    cdc::Checksum,
    error::{During, Operation, Outcome, StorageError},
    hot::{ArchiveWriter, Archived},
};

use super::{SnapshotCollection, SnapshotKind, SnapshotMetadata, Snapshots, metadata::Parts};

impl Snapshots<'_> {
    /// Takes a snapshot of every collection, in one transaction.
    ///
    /// An incremental one builds on the newest snapshot. Where that cannot be, it is a full one: there is none yet, it is of
    /// another lineage or schema, the log does not reach back to it, or does not hold the documents (`capture = "keys"`).
    ///
    /// # Errors
    /// The object has a collection that the database was not opened with; it is called inside of a transaction.
    pub fn create(self, kind: SnapshotKind) -> Result<SnapshotMetadata, StorageError> {
        self.take(kind).during_no_collection(Operation::Snapshot)
    }

    pub(super) fn take(self, kind: SnapshotKind) -> Outcome<SnapshotMetadata> {
        self.require_outside()?;
        self.db.atomically(|| self.take_here(kind, false))
    }

    /// As [`Snapshots::create`], inside of a transaction.
    pub(super) fn take_here(self, kind: SnapshotKind, automatic: bool) -> Outcome<SnapshotMetadata> {
        let now = self.db.collections_now()?;
        if kind == SnapshotKind::Incremental
            && let Some(parent) = self.base_of_next()?
            && let Some(taken) = self.incremental(&now, &parent, automatic)?
        {
            return Ok(taken);
        }
        let mut full = SnapshotMetadata {
            automatic,
            collections: collections(&now, &|_| Checksum::default()),
            ..self.begin(SnapshotKind::Full)?
        };
        let mut writer = self.db.begin_snapshot(full.id)?;
        for of in &mut full.collections {
            of.rows = self.db.archive_documents(&of.name, &mut writer)?;
        }
        finish(full, writer)
    }

    /// The newest snapshot, if another one can build on it.
    fn base_of_next(self) -> Outcome<Option<SnapshotMetadata>> {
        let Some((_, newest)) = self.readable()?.pop() else { return Ok(None) };
        let fits = newest.object == self.db.object_id()
            && newest.lineage == self.db.present_lineage()?
            && newest.schemas == self.db.stored_schemas();
        Ok(fits.then_some(newest))
    }

    /// Nothing where the log does not say all.
    fn incremental(
        self,
        now: &[(&'static str, Archived)],
        parent: &SnapshotMetadata,
        automatic: bool,
    ) -> Outcome<Option<SnapshotMetadata>> {
        let before = |name: &str| parent.collection(name).map(|of| of.after).unwrap_or_default();
        let built = SnapshotMetadata {
            parent: Some(parent.id),
            automatic,
            collections: collections(now, &before),
            ..self.begin(SnapshotKind::Incremental)?
        };
        let mut writer = self.db.begin_snapshot(built.id)?;
        if self.db.archive_log(parent.sequence, &mut writer)? {
            return finish(built, writer).map(Some);
        }
        self.db.remove_snapshot(writer.number())?;
        Ok(None)
    }

    /// A snapshot of this object as it is, without its collections.
    pub(super) fn begin(self, kind: SnapshotKind) -> Outcome<SnapshotMetadata> {
        Ok(SnapshotMetadata {
            id: self.db.new_snapshot_id(),
            kind,
            parent: None,
            object: self.db.object_id().to_owned(),
            lineage: self.db.present_lineage()?,
            sequence: self.db.changes().head_position()?,
            timestamp: self.db.now(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            collections: Vec::new(),
            bytes: 0,
            automatic: false,
            held: false,
            parts: Parts::default(),
            schemas: self.db.stored_schemas(),
        })
    }
}

fn collections(
    now: &[(&'static str, Archived)],
    before: &dyn Fn(&str) -> Checksum,
) -> Vec<SnapshotCollection> {
    let collection = |(name, archived): &(&'static str, Archived)| SnapshotCollection {
        name: (*name).to_owned(),
        schema: archived.schema,
        before: before(name),
        after: archived.checksum,
        rows: Checksum::default(),
    };
    now.iter().map(collection).collect()
}

/// Ends a snapshot whose parts are all written.
pub(super) fn finish(snapshot: SnapshotMetadata, writer: ArchiveWriter<'_>) -> Outcome<SnapshotMetadata> {
    let metadata = snapshot.with_parts(writer.digest());
    writer.finish(&super::metadata::text(&metadata)?)?;
    Ok(metadata)
}
