//! The catalog that a folder of files is: `v1.metadata.json`, `v2.metadata.json`, … of which each is stored only where there
//! is none, so that a number is given once; and a hint, which may lag behind.
//!
//! Source: Iceberg, "File System Tables".

use std::sync::Arc;

use bytes::Bytes;

use super::{
    super::{
        iceberg::TableMetadata,
        store::{PutMode, Store, StoreError, StoreErrorKind},
    },
    CatalogError, Change, CommitError, Place, Version, checked,
};

/// The catalog.
#[derive(Clone, Debug)]
pub(crate) struct FileCatalog {
    store: Arc<dyn Store>,
    /// What the locations of its files begin with.
    url: Arc<str>,
}

/// The folder of a table's metadata.
fn folder(table: &str) -> String {
    format!("{table}/metadata")
}

fn file(table: &str, number: u64) -> String {
    format!("{}/v{number}.metadata.json", folder(table))
}

fn hint(table: &str) -> String {
    format!("{}/version-hint.text", folder(table))
}

/// The number of a version's file.
pub(crate) fn metadata_number(path: &str) -> Option<u64> {
    path.rsplit('/').next()?.strip_prefix('v')?.strip_suffix(".metadata.json")?.parse().ok()
}

impl FileCatalog {
    pub(crate) fn new(store: Arc<dyn Store>, url: Arc<str>) -> Self {
        Self { store, url }
    }

    pub(super) fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    pub(super) async fn tables(&self) -> Result<Vec<String>, CatalogError> {
        let files = self.store.list("").await?;
        let tables = files.iter().filter(|file| metadata_number(&file.path).is_some());
        let mut tables: Vec<String> = tables
            .filter_map(|file| file.path.rsplit_once("/metadata/"))
            .map(|(table, _)| table.to_owned())
            .collect();
        tables.sort_unstable();
        tables.dedup();
        Ok(tables)
    }

    /// The present version: that of the hint, or one after it.
    pub(super) async fn load(&self, table: &str) -> Result<Option<Version>, CatalogError> {
        let mut number = self.hinted(table).await?;
        let mut found = match number {
            0 => None,
            number => self.read(table, number).await?,
        };
        if found.is_none() {
            let hinted = number;
            number = self.listed(table).await?;
            if number < hinted {
                return Err(lost(table, hinted));
            }
            found = self.read(table, number).await?;
        }
        while found.is_some()
            && let Some(next) = self.read(table, number + 1).await?
        {
            number += 1;
            found = Some(next);
        }
        let Some(bytes) = found else { return Ok(None) };
        let file = file(table, number);
        let metadata = parse(table, &file, &bytes)?;
        Ok(Some(self.version(table, metadata, number, file)))
    }

    pub(super) async fn create(&self, table: &str, metadata: TableMetadata) -> Result<(), CommitError> {
        self.write(table, 1, metadata).await.map(drop)
    }

    pub(super) async fn commit(
        &self,
        table: &str,
        base: &Version,
        change: Change<'_>,
    ) -> Result<Version, CommitError> {
        if !change.requirements.iter().all(|requirement| requirement.holds(&base.metadata)) {
            return Err(CommitError::Conflict);
        }
        let folder = format!("{}/metadata", base.metadata.location);
        let earlier = format!("{folder}/v{}.metadata.json", base.number);
        let next = base.metadata.next(&earlier, change.updates, change.now_ms);
        self.write(table, base.number + 1, next).await
    }

    async fn write(&self, table: &str, number: u64, metadata: TableMetadata) -> Result<Version, CommitError> {
        let file = file(table, number);
        let json = serde_json::to_vec(&metadata).map_err(|error| {
            CommitError::Failed(CatalogError::Damaged {
                table: table.to_owned(),
                file: file.clone(),
                problem: error.to_string(),
            })
        })?;
        self.store.put(&file, json.into(), PutMode::Create).await?;
        self.hint_at(table, number).await;
        Ok(self.version(table, metadata, number, file))
    }

    fn version(&self, table: &str, metadata: TableMetadata, number: u64, file: String) -> Version {
        let folder = metadata.location.strip_prefix(&*self.url).and_then(|rest| rest.strip_prefix('/'));
        let folder = folder.unwrap_or(table).to_owned();
        let place = Place { store: self.store.clone(), root: self.url.clone(), folder };
        Version { metadata, number, file, place }
    }

    /// Brings the hint up to a version that is there; one that lags behind costs readers a look at the next numbers, and nothing
    /// else. It never goes back: a committer that wakes up late could find that the file of its number was removed since, and
    /// whoever followed a hint to the one that it makes would take an early version for the present one.
    async fn hint_at(&self, table: &str, number: u64) {
        if self.hinted(table).await.is_ok_and(|hinted| hinted < number) {
            let _ = self.store.put(&hint(table), Bytes::from(number.to_string()), PutMode::Replace).await;
        }
    }

    async fn read(&self, table: &str, number: u64) -> Result<Option<Bytes>, CatalogError> {
        there(self.store.get(&file(table, number), None).await)
    }

    /// The number in the hint; 0 where there is none.
    async fn hinted(&self, table: &str) -> Result<u64, CatalogError> {
        let bytes = there(self.store.get(&hint(table), None).await)?.unwrap_or_default();
        Ok(std::str::from_utf8(&bytes).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(0))
    }

    /// The greatest number for which there is a file; 0 where there is none.
    async fn listed(&self, table: &str) -> Result<u64, CatalogError> {
        let files = self.store.list(&folder(table)).await?;
        Ok(files.iter().filter_map(|file| metadata_number(&file.path)).max().unwrap_or(0))
    }
}

/// A version that the hint names was there: without it and those after it, an early one would be taken for the present one.
fn lost(table: &str, number: u64) -> CatalogError {
    let problem =
        "it was there, since the version hint names it, and is there no longer; restore it from a copy";
    CatalogError::Damaged { table: table.to_owned(), file: file(table, number), problem: problem.to_owned() }
}

/// Reads the metadata of a table.
fn parse(table: &str, file: &str, bytes: &[u8]) -> Result<TableMetadata, CatalogError> {
    let metadata = serde_json::from_slice(bytes).map_err(|error| CatalogError::Damaged {
        table: table.to_owned(),
        file: file.to_owned(),
        problem: error.to_string(),
    })?;
    checked(table, metadata)
}

/// Nothing where there is no such file.
fn there(found: Result<Bytes, StoreError>) -> Result<Option<Bytes>, CatalogError> {
    match found {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind == StoreErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}
