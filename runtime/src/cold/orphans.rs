//! Files that nothing refers to: what was written and never committed, and what a crash kept from being removed.
//!
//! Keeps invariant 10. The folder is listed first and the table loaded after: so a file that is committed meanwhile is seen
//! to be referred to. One that is on its way is younger than the grace, by the time at which the folder was listed: however
//! long the rest takes.

use std::{collections::BTreeSet, time::Duration};

use crate::error::{During, Operation, StorageError};

use super::{
    catalog::metadata_number,
    error::{LakeError, Result},
    expire::Removed,
    lake::Lake,
    mapping::Role,
    table::Table,
};

impl Lake {
    /// Removes the files of a collection's tables that no snapshot refers to and that are older than `grace`: longer than any
    /// sync takes; a day is a good choice.
    ///
    /// # Errors
    /// The collection was never synced; the lake cannot be reached.
    pub async fn remove_orphans(
        &self,
        collection: &str,
        grace: Duration,
    ) -> std::result::Result<Removed, StorageError> {
        let remove = async {
            let mut removed = Removed::default();
            for role in [Role::State, Role::Changelog] {
                remove_from(self, &role.table(collection), role, grace, &mut removed).await?;
            }
            Ok(removed)
        };
        Result::during(remove.await, Operation::Expire, collection)
    }
}

async fn remove_from(
    lake: &Lake,
    name: &str,
    role: Role,
    grace: Duration,
    removed: &mut Removed,
) -> Result<()> {
    let Some(table) = Table::load(lake, name).await? else {
        let table = name.to_owned();
        return if role == Role::Changelog { Err(LakeError::NoTable { table }.into()) } else { Ok(()) };
    };
    let grace = i64::try_from(grace.as_micros()).unwrap_or(i64::MAX);
    let before = lake.now().micros().saturating_sub(grace);
    let listed = table.store().list(table.folder()).await?;
    let mut table = table;
    table.reload().await?;
    let referenced = table.referenced(&table.metadata().snapshots).await?;
    let kept: BTreeSet<String> =
        referenced.iter().map(|location| table.path(location)).collect::<Result<_>>()?;
    for file in listed {
        let is_old = file.modified.micros() < before;
        if is_old && !kept.contains(&file.path) && !is_metadata(&table, &file.path) {
            table.store().delete(&file.path).await?;
            removed.files += 1;
        }
    }
    Ok(())
}

/// Whether a file is a version of the table that is remembered, or the hint of the catalog.
fn is_metadata(table: &Table<'_>, path: &str) -> bool {
    if path.ends_with("/version-hint.text") {
        return true;
    }
    let Some(number) = metadata_number(path) else { return path.ends_with(".metadata.json") };
    let remembered = table.metadata().metadata_log.iter();
    let oldest = remembered.filter_map(|entry| metadata_number(&entry.metadata_file)).min();
    number >= oldest.unwrap_or(table.version.number)
}
