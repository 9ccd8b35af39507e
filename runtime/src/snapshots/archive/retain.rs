//! Which archived snapshots stay, and what is left of others.
//!
//! Keeps invariant 10: what is held, what is being read, and the newest that is whole stay. Files that nothing refers to are
//! removed when they are a day old: until then they may be those of a promotion that is under way.

use std::collections::BTreeSet;

use crate::{
    Cause,
    cdc::SnapshotId,
    error::{Failure, Outcome},
    snapshots::{Keep, SnapshotError},
};

use super::{
    Archive, ArchivedSnapshot, DAY,
    key::{Folder, HELD, MANIFEST},
    reading::require_files,
};

impl Archive {
    pub(super) async fn retained(&self, object: &str, keep: Keep) -> Outcome<Vec<SnapshotId>> {
        let mut all = Vec::new();
        for folder in self.folders(object).await? {
            match self.read(object, &folder).await? {
                Some(snapshot) => all.push((folder, snapshot)),
                None => self.remove_remains(&folder, None).await?,
            }
        }
        all.sort_by_key(|(_, snapshot)| snapshot.timestamp);
        let kept = self.kept(&all, keep);
        let mut removed = Vec::new();
        for (folder, snapshot) in &all {
            if kept.contains(&snapshot.id) {
                self.remove_remains(folder, Some(snapshot)).await?;
            } else if self.remove_unless_needed(folder, snapshot).await? {
                removed.push(snapshot.id);
            }
        }
        Ok(removed)
    }

    /// Those that stay, of snapshots in the order of time.
    fn kept(&self, all: &[(Folder, ArchivedSnapshot)], keep: Keep) -> BTreeSet<SnapshotId> {
        let times = all.iter().map(|(_, snapshot)| (snapshot.id, snapshot.timestamp));
        let mut kept = keep.named(times.collect(), self.lake.now());
        kept.extend(all.iter().filter(|(_, snapshot)| snapshot.held).map(|(_, snapshot)| snapshot.id));
        let whole = all.iter().rev().find(|(folder, snapshot)| require_files(folder, snapshot).is_ok());
        kept.extend(whole.map(|(_, snapshot)| snapshot.id));
        kept
    }

    async fn remove_unless_needed(&self, folder: &Folder, snapshot: &ArchivedSnapshot) -> Outcome<bool> {
        let needed = |cause: &SnapshotError| matches!(cause, SnapshotError::Needed { .. });
        match self.remove(folder, Some(snapshot)).await {
            Err(Failure { cause: Cause::Snapshot(cause), .. }) if needed(&cause) => Ok(false),
            done => done.map(|()| true),
        }
    }

    /// Ends deletions, and removes files that nothing refers to.
    async fn remove_remains(&self, folder: &Folder, snapshot: Option<&ArchivedSnapshot>) -> Outcome<()> {
        if snapshot.is_none() {
            self.end_deletions(folder).await?;
        }
        let known: BTreeSet<&str> =
            snapshot.into_iter().flat_map(ArchivedSnapshot::files).map(|file| &*file.path).collect();
        let before = self.ago(DAY);
        for (name, file) in &folder.files {
            let is_known = name == MANIFEST || known.contains(&*file.path);
            let is_hold = name == HELD && snapshot.is_some();
            if !is_known && !is_hold && file.modified < before {
                self.store()?.delete(&file.path).await?;
            }
        }
        Ok(())
    }
}
