//! From writers to the committer: files of events that were stored, and which events of which object they are.
//!
//! Keeps invariant 4. A delivery goes into the changelog table if the table's watermark of its object and lineage is the one
//! that it begins after; if the watermark is where the delivery ends already, it was there before. So whatever is delivered
//! twice, late, or by two writers at once, each event is in the table once.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    cdc::Lineage,
    error::{During, Operation, StorageError},
    value::hex,
};

use super::{
    changelog::ChangeFile,
    commit::{self, Commit},
    error::{LakeError, Result},
    iceberg::{DataFile, TableMetadata},
    lake::Lake,
    mapping::Role,
    table::Table,
    watermark::{Watermarks, watermark_key},
};

/// Files of events that are stored, and not in the changelog table yet: what a writer hands to a committer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    /// The collection.
    pub collection: String,
    /// The object that the events happened in.
    pub object: String,
    /// Their lineage, in hexadecimal.
    pub lineage: String,
    /// The position of the last event of the collection that the table holds of that lineage; none before the first.
    pub after: Option<u64>,
    /// The position of the last event of the delivery.
    pub until: u64,
    /// The files, with all that a manifest says of them.
    pub files: Vec<DataFile>,
}

impl Delivery {
    fn id(&self) -> String {
        let after = self.after.map_or_else(String::new, |after| after.to_string());
        format!("{}/{}/{after}-{}", self.object, self.lineage, self.until)
    }

    fn key(&self) -> (String, String) {
        (self.object.clone(), self.lineage.clone())
    }
}

impl Lake {
    /// Commits deliveries of any objects: those of one collection together. What the tables hold already is left out.
    ///
    /// # Errors
    /// A delivery does not begin where its table ends; the lake cannot be reached.
    pub async fn deliver(&self, deliveries: &[Delivery]) -> std::result::Result<(), StorageError> {
        let collections: BTreeSet<&str> = deliveries.iter().map(|of| of.collection.as_str()).collect();
        for collection in collections {
            let of: Vec<Delivery> =
                deliveries.iter().filter(|of| of.collection == collection).cloned().collect();
            let deliver = async {
                let name = Role::Changelog.table(collection);
                let table = Table::load(self, &name).await?;
                table.ok_or(LakeError::NoTable { table: name })?.deliver(&of).await
            };
            Result::during(deliver.await, Operation::Sync, collection)?;
        }
        Ok(())
    }
}

impl Table<'_> {
    /// Stores a file of events. Events that are stored again are in another file, of which one is committed.
    pub(crate) async fn store_changes(
        &self,
        object: &str,
        lineage: Lineage,
        file: ChangeFile,
    ) -> Result<DataFile> {
        let ChangeFile { bytes, file, until } = file;
        let folder = hex(&xxhash_rust::xxh3::xxh3_64(object.as_bytes()).to_be_bytes());
        let unique = self.lake.unique();
        let name = format!("{folder}-{lineage}-{until:016}-{unique:032x}");
        self.store_file(&name, bytes, file).await
    }

    /// Commits deliveries; those that the table holds already are left out. Gives the snapshot, if there is a new one.
    pub(crate) async fn deliver(&mut self, deliveries: &[Delivery]) -> Result<Option<i64>> {
        let keys: BTreeSet<(String, String)> = deliveries.iter().map(Delivery::key).collect();
        let watermarks = Watermarks::read(self, &keys).await?;
        let fresh: Vec<&Delivery> = deliveries
            .iter()
            .filter(|delivery| watermarks.base(&delivery.key()).is_none_or(|at| at < delivery.until))
            .collect();
        if fresh.is_empty() {
            return Ok(None);
        }
        let check = |table: &TableMetadata| {
            fresh.iter().try_for_each(|delivery| {
                let at = watermarks.at(table, &delivery.key())?;
                if at == delivery.after {
                    return Ok(());
                }
                let (at, after) = (at.unwrap_or(0), delivery.after.unwrap_or(0));
                Err(format!("it holds the events of `{}` up to {at}, not up to {after}", delivery.object))
            })
        };
        let ids: Vec<String> = fresh.iter().map(|delivery| delivery.id()).collect();
        let commit = Commit {
            id: ids.join(" "),
            operation: commit::Operation::Append,
            added: fresh.iter().flat_map(|delivery| delivery.files.clone()).collect(),
            removed: BTreeSet::new(),
            sequence_number: None,
            summary: fresh
                .iter()
                .map(|delivery| {
                    (watermark_key(&delivery.object, &delivery.lineage), delivery.until.to_string())
                })
                .collect::<BTreeMap<_, _>>(),
            check: &check,
        };
        self.commit(&commit).await.map(Some)
    }
}
