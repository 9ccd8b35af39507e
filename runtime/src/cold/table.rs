//! A table at one version: its files, and the locations of files as paths of the store.

use std::sync::Arc;

use bytes::Bytes;

use super::{
    catalog::{CatalogError, Version},
    error::{LakeError, Result},
    iceberg::{
        Content, DataFile, ManifestEntry, ManifestFile, PartitionSpec, Schema, Snapshot, read_list,
        read_manifest,
    },
    lake::Lake,
    store::{PutMode, Store},
};

/// A table at one version.
#[derive(Clone, Debug)]
pub(crate) struct Table<'l> {
    pub(crate) lake: &'l Lake,
    pub(crate) name: String,
    pub(crate) version: Version,
}

impl<'l> Table<'l> {
    /// The table at its present version; none when there is no such table.
    pub(crate) async fn load(lake: &'l Lake, name: &str) -> Result<Option<Self>> {
        let version = lake.catalog.load(name).await?;
        Ok(version.map(|version| Self { lake, name: name.to_owned(), version }))
    }

    /// Loads the present version.
    pub(crate) async fn reload(&mut self) -> Result<()> {
        let version = self.lake.catalog.load(&self.name).await?;
        self.version = version.ok_or_else(|| LakeError::NoTable { table: self.name.clone() })?;
        Ok(())
    }

    pub(crate) fn metadata(&self) -> &super::iceberg::TableMetadata {
        &self.version.metadata
    }

    /// The path of a location. A lake that was moved as a whole still names the place where it was.
    pub(crate) fn path(&self, location: &str) -> Result<String> {
        let path = self.version.place.path(&self.metadata().location, location);
        Ok(path.ok_or_else(|| LakeError::Elsewhere {
            table: self.name.clone(),
            location: location.to_owned(),
        })?)
    }

    /// The path of the table's own folder.
    pub(crate) fn folder(&self) -> &str {
        &self.version.place.folder
    }

    /// The store that the table's files are in.
    pub(crate) fn store(&self) -> &Arc<dyn Store> {
        &self.version.place.store
    }

    /// The location of a new file of the table.
    pub(crate) fn location(&self, path: &str) -> String {
        format!("{}/{path}", self.metadata().location)
    }

    pub(crate) async fn get(&self, location: &str) -> Result<Bytes> {
        Ok(self.store().get(&self.path(location)?, None).await?)
    }

    pub(crate) async fn put(&self, location: &str, bytes: impl Into<Bytes>) -> Result<()> {
        Ok(self.store().put(&self.path(location)?, bytes.into(), PutMode::Replace).await?)
    }

    /// Stores a data file under a name, which no other has.
    pub(crate) async fn store_file(&self, name: &str, bytes: Bytes, file: DataFile) -> Result<DataFile> {
        let file_path = self.location(&format!("data/{name}.parquet"));
        self.put(&file_path, bytes).await?;
        Ok(DataFile { file_path, ..file })
    }

    /// The manifests of a snapshot.
    pub(crate) async fn manifests(&self, snapshot: Option<&Snapshot>) -> Result<Vec<ManifestFile>> {
        let Some(snapshot) = snapshot else { return Ok(Vec::new()) };
        let bytes = self.get(&snapshot.manifest_list).await?;
        read_list(&bytes).map_err(|error| self.damaged(&snapshot.manifest_list, &error))
    }

    /// The entries of a manifest whose files are there.
    pub(crate) async fn entries(&self, manifest: &ManifestFile) -> Result<Vec<ManifestEntry>> {
        let bytes = self.get(&manifest.manifest_path).await?;
        let entries = read_manifest(&bytes, manifest);
        let entries = entries.map_err(|error| self.damaged(&manifest.manifest_path, &error))?;
        Ok(entries.into_iter().filter(ManifestEntry::is_live).collect())
    }

    /// Every file of a snapshot.
    pub(crate) async fn files(&self, snapshot: Option<&Snapshot>) -> Result<Vec<ManifestEntry>> {
        let mut files = Vec::new();
        for manifest in self.manifests(snapshot).await? {
            files.extend(self.entries(&manifest).await?);
        }
        if files.iter().any(|entry| entry.data_file.content == Content::EqualityDeletes) {
            return Err(LakeError::EqualityDeletes { table: self.name.clone() }.into());
        }
        Ok(files)
    }

    /// A way in which the table is or was partitioned, and a schema that has the columns for it.
    pub(crate) fn spec(&self, id: i32) -> Result<(&Schema, &PartitionSpec)> {
        let table = self.metadata();
        let schemas = table.schema().into_iter().chain(&table.schemas);
        let found = table.spec_by_id(id).and_then(|spec| {
            let mut fitting = schemas.filter(|schema| spec.bind(schema).is_ok());
            Some((fitting.next()?, spec))
        });
        found.ok_or_else(|| self.damaged(&self.version.file, &format!("it lacks the partition spec {id}")))
    }

    /// The snapshot of this id.
    pub(crate) fn snapshot(&self, id: i64) -> Result<&Snapshot> {
        let found = self.metadata().snapshot_by_id(id);
        Ok(found.ok_or_else(|| LakeError::NoSnapshot { table: self.name.clone(), snapshot: id })?)
    }

    pub(crate) fn damaged(&self, file: &str, problem: &dyn std::fmt::Display) -> crate::error::Failure {
        CatalogError::Damaged {
            table: self.name.clone(),
            file: file.to_owned(),
            problem: problem.to_string(),
        }
        .into()
    }
}
