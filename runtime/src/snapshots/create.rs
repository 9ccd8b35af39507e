//! Taking snapshots.

use crate::{
    cdc::Checksum,
    error::{During, Operation, Outcome, StorageError},
    hot::{ArchiveWriter, Archived},
};

use super::{SnapshotCollection, SnapshotKind, SnapshotMetadata, Snapshots, metadata::Draft};

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
        self.db.atomically(|| {
            let now = self.db.collections_now()?;
            if kind == SnapshotKind::Incremental
                && let Some(parent) = self.base_of_next()?
                && let Some(taken) = self.incremental(&now, &parent)?
            {
                return Ok(taken);
            }
            self.full(&now)
        })
    }

    /// The newest snapshot, if another one can build on it.
    fn base_of_next(self) -> Outcome<Option<SnapshotMetadata>> {
        let Some((_, newest)) = self.all()?.pop() else { return Ok(None) };
        let fits = newest.object == self.db.object_id()
            && newest.lineage == self.db.present_lineage()?
            && newest.schemas == self.db.stored_schemas();
        Ok(fits.then_some(newest))
    }

    fn full(self, now: &[(&'static str, Archived)]) -> Outcome<SnapshotMetadata> {
        let draft = self.draft(SnapshotKind::Full, None, now, &|_| Checksum::default())?;
        let mut writer = self.db.begin_snapshot(draft.id)?;
        let mut draft = draft;
        for of in &mut draft.collections {
            of.rows = self.db.archive_documents(&of.name, &mut writer)?;
        }
        self.finish(draft, writer)
    }

    /// Nothing where the log does not say all.
    fn incremental(
        self,
        now: &[(&'static str, Archived)],
        parent: &SnapshotMetadata,
    ) -> Outcome<Option<SnapshotMetadata>> {
        let before = |name: &str| parent.collection(name).map(|of| of.after).unwrap_or_default();
        let draft = self.draft(SnapshotKind::Incremental, Some(parent), now, &before)?;
        let mut writer = self.db.begin_snapshot(draft.id)?;
        if self.db.archive_log(parent.sequence, &mut writer)? {
            return self.finish(draft, writer).map(Some);
        }
        self.db.remove_snapshot(writer.number())?;
        Ok(None)
    }

    fn draft(
        self,
        kind: SnapshotKind,
        parent: Option<&SnapshotMetadata>,
        now: &[(&'static str, Archived)],
        before: &dyn Fn(&str) -> Checksum,
    ) -> Outcome<Draft> {
        let collection = |(name, archived): &(&'static str, Archived)| SnapshotCollection {
            name: (*name).to_owned(),
            schema: archived.schema,
            before: before(name),
            after: archived.checksum,
            rows: Checksum::default(),
        };
        Ok(Draft {
            id: self.db.new_snapshot_id(),
            kind,
            parent: parent.map(|parent| parent.id),
            lineage: self.db.present_lineage()?,
            sequence: self.db.changes().head_position()?,
            timestamp: self.db.now(),
            collections: now.iter().map(collection).collect(),
            schemas: self.db.stored_schemas(),
        })
    }

    pub(super) fn finish(self, draft: Draft, writer: ArchiveWriter<'_>) -> Outcome<SnapshotMetadata> {
        let metadata = draft.of(self.db.object_id(), writer.digest());
        writer.finish(&super::metadata::text(&metadata)?)?;
        Ok(metadata)
    }
}
