//! Forgetting snapshots, and removing the files that then nothing refers to.
//!
//! Keeps invariant 10: what is removed is what the snapshots that were forgotten had, less what any that is left has, read
//! after they were forgotten. What a crash leaves behind is for [`Lake::remove_orphans`].

use std::collections::BTreeSet;

use crate::{
    Timestamp,
    error::{During, Operation, StorageError},
    schema::Collection,
};

use super::{
    commit::Changed,
    error::{LakeError, Result},
    iceberg::{Requirement, Snapshot, Update},
    lake::Lake,
    mapping::Role,
    table::Table,
};

/// Which snapshots are forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expiry {
    /// Those made before this time.
    pub before: Timestamp,
    /// But not the newest, so many of each table; at least one is kept.
    pub keep: usize,
}

/// What was removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// Snapshots that were forgotten.
    pub snapshots: u64,
    /// Files that were removed: of rows, and of metadata.
    pub files: u64,
}

/// How often it is tried when other commits are first.
const ATTEMPTS: usize = 16;

impl Lake {
    /// Forgets old snapshots of the two tables of a collection, and removes what only they had. Snapshots with a tag or a branch
    /// stay. Documents and events stay too, and reading as of a time goes on as before; as of a snapshot that was forgotten, it
    /// does not.
    ///
    /// # Errors
    /// The collection was never synced; the lake cannot be reached.
    pub async fn expire<T: Collection>(&self, expiry: Expiry) -> std::result::Result<Removed, StorageError> {
        self.expire_collection(T::SCHEMA.name, expiry).await
    }

    /// As [`Lake::expire`], of a collection by its name.
    ///
    /// # Errors
    /// As there.
    pub async fn expire_collection(
        &self,
        collection: &str,
        expiry: Expiry,
    ) -> std::result::Result<Removed, StorageError> {
        let run = async {
            let mut removed = Removed::default();
            for role in [Role::State, Role::Changelog] {
                let name = role.table(collection);
                match Table::load(self, &name).await? {
                    Some(table) => expire_table(table, expiry, &mut removed).await?,
                    None if role == Role::Changelog => return Err(LakeError::NoTable { table: name }.into()),
                    None => {}
                }
            }
            Ok(removed)
        };
        Result::during(run.await, Operation::Expire, collection)
    }
}

async fn expire_table(mut table: Table<'_>, expiry: Expiry, removed: &mut Removed) -> Result<()> {
    for _ in 0..ATTEMPTS {
        let gone = expired(&table, expiry);
        if gone.is_empty() {
            return Ok(());
        }
        let metadata = table.metadata();
        let requirements = [
            Requirement::AssertTableUuid { uuid: metadata.table_uuid },
            Requirement::AssertRefSnapshotId {
                ref_name: super::iceberg::MAIN.to_owned(),
                snapshot_id: metadata.current_snapshot_id,
            },
        ];
        let snapshot_ids: Vec<i64> = gone.iter().map(|snapshot| snapshot.snapshot_id).collect();
        let updates = [Update::RemoveSnapshots { snapshot_ids: snapshot_ids.clone() }];
        match table.change(&requirements, &updates).await? {
            Changed::Done => {
                table.reload().await?;
                removed.snapshots += gone.len() as u64;
                return remove_files(&table, &gone, removed).await;
            }
            Changed::Conflict => table.reload().await?,
            Changed::Unknown(error) => return Err(error.into()),
        }
    }
    Err(LakeError::Contended { table: table.name.clone(), attempts: ATTEMPTS }.into())
}

/// The snapshots to forget.
fn expired(table: &Table<'_>, expiry: Expiry) -> Vec<Snapshot> {
    let metadata = table.metadata();
    let newest = metadata.ancestors(metadata.current_snapshot_id).take(expiry.keep.max(1));
    let named = metadata.refs.values().map(|reference| reference.snapshot_id);
    let kept: BTreeSet<i64> = newest.map(|snapshot| snapshot.snapshot_id).chain(named).collect();
    let before = expiry.before.micros().div_euclid(1_000);
    let goes = |snapshot: &&Snapshot| snapshot.timestamp_ms < before && !kept.contains(&snapshot.snapshot_id);
    metadata.snapshots.iter().filter(goes).cloned().collect()
}

async fn remove_files(table: &Table<'_>, gone: &[Snapshot], removed: &mut Removed) -> Result<()> {
    let kept = table.referenced(&table.metadata().snapshots).await?;
    let lost = table.referenced(gone).await?;
    for location in lost.difference(&kept) {
        table.store().delete(&table.path(location)?).await?;
        removed.files += 1;
    }
    Ok(())
}

impl Table<'_> {
    /// The locations of every file that snapshots refer to.
    ///
    /// # Errors
    /// Of a manifest that another removal has taken: what it referred to is then for [`Lake::remove_orphans`].
    pub(crate) async fn referenced(&self, snapshots: &[Snapshot]) -> Result<BTreeSet<String>> {
        let mut locations = BTreeSet::new();
        for snapshot in snapshots {
            if !locations.insert(snapshot.manifest_list.clone()) {
                continue;
            }
            for manifest in self.manifests(Some(snapshot)).await? {
                if locations.insert(manifest.manifest_path.clone()) {
                    let entries = self.entries(&manifest).await?;
                    locations.extend(entries.into_iter().map(|entry| entry.data_file.file_path));
                }
            }
        }
        Ok(locations)
    }
}
