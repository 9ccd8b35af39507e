//! Reading an archived snapshot, which nobody deletes meanwhile.
//!
//! Keeps invariant 10 with `remove`: the mark is there before the folder is listed, and a deletion that has begun is in that list.

use crate::{cdc::SnapshotId, error::Outcome, snapshots::SnapshotError};

use super::{
    Archive, ArchivedSnapshot, HOUR, Timestamp,
    key::{DELETING, Folder, READING},
};
use crate::cold::PutMode;

impl Archive {
    /// Runs `read` on a snapshot whose files are all there, and stay until it is done.
    pub(super) async fn reading<R>(
        &self,
        object: &str,
        id: SnapshotId,
        read: impl AsyncFnOnce(ArchivedSnapshot) -> Outcome<R>,
    ) -> Outcome<R> {
        let (folder, _) = self.inspected(object, id).await?;
        let marker = folder.path_of(&format!("{READING}{:032x}.json", self.lake.unique()));
        let done = async {
            self.put_mark(&marker, &[]).await?;
            read(self.marked(object, id, &folder.path).await?).await
        };
        let done = done.await;
        // one that stays keeps the snapshot for a day longer than it would
        let _ = self.store()?.delete(&marker).await;
        done
    }

    /// The snapshot, after it was marked.
    async fn marked(&self, object: &str, id: SnapshotId, path: &str) -> Outcome<ArchivedSnapshot> {
        let folder = self.folder(id, path).await?;
        if folder.is_marked(DELETING, self.ago(HOUR)) {
            return Err(SnapshotError::Deleting { id }.into());
        }
        let found = self.read(object, &folder).await?;
        let snapshot = found.ok_or_else(|| SnapshotError::NotArchived { id, object: object.to_owned() })?;
        require_files(&folder, &snapshot)?;
        Ok(snapshot)
    }

    /// Stores a mark: since when it is there, and which files it is about.
    pub(super) async fn put_mark(&self, path: &str, files: &[&str]) -> Outcome<()> {
        #[derive(serde::Serialize)]
        struct Mark<'a> {
            since: Timestamp,
            files: &'a [&'a str],
        }
        let mark = serde_json::to_vec(&Mark { since: self.lake.now(), files });
        let mark = mark.map_err(|error| crate::Cause::Schema(error.to_string()))?;
        Ok(self.store()?.put(path, mark.into(), PutMode::Create).await?)
    }
}

/// Refuses a snapshot that lacks files, by a listing.
pub(super) fn require_files(folder: &Folder, snapshot: &ArchivedSnapshot) -> Result<(), SnapshotError> {
    for file in snapshot.files() {
        let found = folder.files.iter().find(|(_, found)| found.path == file.path);
        let Some((_, found)) = found else { return Err(snapshot.damaged(&file.path, &"it is missing")) };
        if found.size != file.bytes {
            let problem = format!("it has {} bytes, and not {}", found.size, file.bytes);
            return Err(snapshot.damaged(&file.path, &problem));
        }
    }
    Ok(())
}
