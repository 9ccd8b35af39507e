//! Snapshots that happen by themselves, as collections ask for: `#[collection(snapshot(every = "1d", keep = 30))]`.

use crate::{
    Db,
    error::{During, Operation, Outcome, StorageError},
    hot::{Maintained, Maintenance},
};

use super::{Keep, SnapshotId, SnapshotKind, SnapshotMetadata, Snapshots};

/// After how many incremental snapshots the next is a full one.
const LINKS: usize = 32;

impl Db {
    /// Moves documents into columns where a collection has more than its threshold
    /// (`#[collection(columnar(threshold = 1000))]`, those with the lowest ids first), and encodes anew what has
    /// changed: groups of which more than a third is deleted or was updated, small ones, and those of an earlier schema.
    ///
    /// Takes a snapshot where a collection asks for it (`#[collection(snapshot(every = "1d", keep = 30))]`), if the last one that
    /// was taken so is old enough and anything has happened since, and removes those of them that are too many. It is an
    /// incremental one as long as all since the last full one stay smaller than that, 32 at most.
    ///
    /// Nothing else changes: documents are found, updated and deleted as before, no event is left, and the checksum is
    /// the same. Call it from time to time, from an alarm in a Durable Object; again at once when it says that there is
    /// more.
    ///
    /// A document with more than 500 kB of texts and blobs stays a row. [`Db::query`] is slow in a collection with
    /// columns.
    ///
    /// # Errors
    /// The database cannot be written; it is called inside of a transaction. What was done before stays done.
    ///
    /// ```
    /// # use terrace::{hot::Maintenance, prelude::*};
    /// #[derive(Collection)]
    /// #[collection(columnar(threshold = 100))]
    /// struct Reading { #[id] at: i64, celsius: f64 }
    ///
    /// # let db = Db::open_in_memory(collections![Reading])?;
    /// let readings: Vec<Reading> = (0..5_000).map(|at| Reading { at, celsius: 20.0 }).collect();
    /// db.insert_all(&readings)?;
    /// let done = db.maintain(Maintenance::default())?;
    /// assert_eq!((done.moved, done.more), (4_900, false));
    /// assert_eq!(db.find::<Reading>(|r| r.at.ge(4_000)).count()?, 1_000);
    /// # Ok::<(), StorageError>(())
    /// ```
    pub fn maintain(&self, most: Maintenance) -> Result<Maintained, StorageError> {
        let done = self.move_documents(most)?;
        let snapshot = self.snapshots().take_due().during_no_collection(Operation::Maintain)?;
        Ok(Maintained { snapshot, ..done })
    }
}

impl Snapshots<'_> {
    fn take_due(self) -> Outcome<Option<SnapshotId>> {
        let Some(policy) = self.db.snapshot_policy() else { return Ok(None) };
        self.db.atomically(|| {
            // one that was fetched from an archive may be another object's
            let is_own = |of: &SnapshotMetadata| of.object == self.db.object_id();
            let all = self.readable()?.into_iter().map(|(_, of)| of);
            let own: Vec<SnapshotMetadata> = all.filter(is_own).collect();
            let age = |of: &SnapshotMetadata| self.db.now().micros().saturating_sub(of.timestamp.micros());
            let every = i64::try_from(policy.every_seconds.saturating_mul(1_000_000)).unwrap_or(i64::MAX);
            // one from the future was taken while the clock was wrong
            let is_recent = |last: &SnapshotMetadata| (0..every).contains(&age(last));
            let is_recent = own.iter().rfind(|of| of.automatic && age(of) >= 0).is_some_and(is_recent);
            if is_recent || self.is_unchanged(&own)? {
                return Ok(None);
            }
            let taken = self.take_here(next_kind(&own), true)?;
            let keep = Keep { newest: usize::try_from(policy.keep).unwrap_or(usize::MAX), ..Keep::default() };
            self.retain_of(keep, &|of| of.automatic)?;
            Ok(Some(taken.id))
        })
    }

    /// Whether nothing has happened since the last snapshot.
    fn is_unchanged(self, own: &[SnapshotMetadata]) -> Outcome<bool> {
        let Some(last) = own.last() else { return Ok(false) };
        let here = (self.db.present_lineage()?, self.db.changes().head_position()?);
        Ok((last.lineage, last.sequence) == here && last.schemas == self.db.stored_schemas())
    }
}

/// Whether the next snapshot builds on the last one: not as soon as the links are many, or together larger than the full one.
fn next_kind(own: &[SnapshotMetadata]) -> SnapshotKind {
    let mut bytes = 0;
    let mut next = own.last();
    for _ in 0..LINKS {
        match next {
            Some(link) if link.kind == SnapshotKind::Incremental => {
                bytes += link.bytes;
                next = own.iter().find(|of| Some(of.id) == link.parent);
            }
            Some(full) if bytes < full.bytes => return SnapshotKind::Incremental,
            _ => return SnapshotKind::Full,
        }
    }
    SnapshotKind::Full
}
