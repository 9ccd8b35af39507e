//! Deleting archived snapshots, and holding them.
//!
//! Keeps invariant 10 with `reading`. A deletion leaves its mark, with the files that it is about, and then lists the folder: who
//! reads has left a mark by then, or will find this one. The manifest goes first; from then on there is no snapshot, and
//! whoever finds the mark may remove the files that it names, which have names that no other promotion gives.

use serde::Deserialize;

use crate::{
    cdc::SnapshotId,
    cold::{PutMode, StoreErrorKind},
    error::{Cause, Failure, Outcome},
    snapshots::SnapshotError,
};

use super::{
    Archive, ArchivedSnapshot, DAY, HOUR,
    key::{DELETING, Folder, HELD, MANIFEST, READING},
    manifest::is_below,
};

/// What a mark of a deletion says.
#[derive(Deserialize)]
struct Mark {
    /// The files below the lake's root.
    files: Vec<String>,
}

impl Archive {
    /// Removes a snapshot; ends deletions of it that were broken off.
    pub(super) async fn deleted(&self, object: &str, id: SnapshotId) -> Outcome<()> {
        let not_archived = || SnapshotError::NotArchived { id, object: object.to_owned() };
        let folders = self.folders(object).await?.into_iter().filter(|folder| folder.id == id);
        let mut found = false;
        for folder in folders {
            found |= folder.has(MANIFEST) || folder.files.iter().any(|(name, _)| name.starts_with(DELETING));
            if folder.has(MANIFEST) {
                self.remove(&folder, self.removable(object, &folder).await?.as_ref()).await?;
            }
            self.end_deletions(&self.folder(id, &folder.path).await?).await?;
        }
        if found { Ok(()) } else { Err(not_archived().into()) }
    }

    /// The snapshot in a folder; none where its manifest is damaged, so that nobody knows what is of it.
    async fn removable(&self, object: &str, folder: &Folder) -> Outcome<Option<ArchivedSnapshot>> {
        match self.read(object, folder).await {
            Err(Failure { cause: Cause::Snapshot(error), .. })
                if matches!(*error, SnapshotError::Damaged { .. }) =>
            {
                Ok(None)
            }
            read => read,
        }
    }

    /// Removes the snapshot of a folder, unless it is held or being read.
    pub(super) async fn remove(&self, folder: &Folder, snapshot: Option<&ArchivedSnapshot>) -> Outcome<()> {
        let began = self.lake.now();
        let files: Vec<&str> =
            snapshot.into_iter().flat_map(ArchivedSnapshot::files).map(|file| &*file.path).collect();
        let mark = folder.path_of(&format!("{DELETING}{:032x}.json", self.lake.unique()));
        self.put_mark(&mark, &files).await?;
        let listed = self.folder(folder.id, &folder.path).await?;
        let reason = if listed.has(HELD) {
            Some("it is held; release it first")
        } else if listed.is_marked(READING, self.ago(DAY)) {
            Some("it is being read; delete it when that has ended, or a day after it was broken off")
        } else if began < self.ago(HOUR / 2) {
            Some("its deletion took longer than half an hour to begin; try again")
        } else {
            None
        };
        if let Some(reason) = reason {
            self.store()?.delete(&mark).await?;
            return Err(SnapshotError::Needed { id: folder.id, reason: reason.to_owned() }.into());
        }
        self.store()?.delete(&folder.path_of(MANIFEST)).await?;
        self.end_deletion(&mark, files).await
    }

    /// Ends the deletions in a folder that has no manifest.
    pub(super) async fn end_deletions(&self, folder: &Folder) -> Outcome<()> {
        if folder.has(MANIFEST) {
            return Ok(());
        }
        for (_, mark) in folder.files.iter().filter(|(name, _)| name.starts_with(DELETING)) {
            match self.store()?.get(&mark.path, None).await {
                Err(error) if error.kind == StoreErrorKind::NotFound => {}
                got => {
                    // one that says nothing any more: what it was about nothing refers to, and goes as that does
                    let files = serde_json::from_slice::<Mark>(&got?).map(|mark| mark.files);
                    let files = files.unwrap_or_default();
                    let is_of = |file: &&str| file.starts_with(&*folder.path) && is_below(file);
                    let below = files.iter().map(|file| &**file).filter(is_of);
                    self.end_deletion(&mark.path, below).await?;
                }
            }
        }
        Ok(())
    }

    async fn end_deletion<'f>(&self, mark: &str, files: impl IntoIterator<Item = &'f str>) -> Outcome<()> {
        let store = self.store()?;
        for file in files {
            store.delete(file).await?;
        }
        Ok(store.delete(mark).await?)
    }

    pub(super) async fn set_held(&self, object: &str, id: SnapshotId, held: bool) -> Outcome<()> {
        let (folder, _) = self.inspected(object, id).await?;
        let path = folder.path_of(HELD);
        if !held {
            return Ok(self.store()?.delete(&path).await?);
        }
        self.store()?.put(&path, b"{}".as_slice().into(), PutMode::Replace).await?;
        // a deletion that has not seen it may go on
        let folder = self.folder(id, &folder.path).await?;
        let refusal = if !folder.has(MANIFEST) {
            SnapshotError::NotArchived { id, object: object.to_owned() }
        } else if folder.is_marked(DELETING, self.ago(HOUR)) {
            SnapshotError::Deleting { id }
        } else {
            return Ok(());
        };
        self.store()?.delete(&path).await?;
        Err(refusal.into())
    }
}
