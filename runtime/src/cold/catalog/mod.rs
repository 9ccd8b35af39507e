//! Catalogs: which version of a table is the present one, and the only place where that changes.
//!
//! A version follows exactly one other: of several commits on one base, one succeeds. Who hears of an unknown outcome looks
//! for its commit in the version that it loads next.

mod files;

use super::{
    iceberg::{Requirement, TableMetadata, Update},
    store::{StoreError, StoreErrorKind},
};

pub(crate) use files::{FileCatalog, metadata_number};

/// A version of a table, and where it came from.
#[derive(Clone, Debug)]
pub(crate) struct Version {
    pub(crate) metadata: TableMetadata,
    /// The number of the version; 0 where the catalog has none.
    pub(crate) number: u64,
    /// The location of its file.
    pub(crate) file: String,
}

/// A change of a table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Change<'a> {
    pub(crate) requirements: &'a [Requirement],
    pub(crate) updates: &'a [Update],
    /// Milliseconds since 1970 UTC.
    pub(crate) now_ms: i64,
}

/// Why a commit did not go through, or may not have.
#[derive(Debug)]
pub(crate) enum CommitError {
    /// Another commit was first; load again and rebase.
    Conflict,
    /// It is not known whether it went through; load again and look.
    Unknown(StoreError),
    /// It did not, and will not by trying again.
    Failed(CatalogError),
}

/// Why a table cannot be loaded or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CatalogError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The metadata cannot be read.
    #[error("the metadata `{file}` of the table `{table}` cannot be read: {problem}")]
    Damaged {
        /// The table.
        table: String,
        /// The file.
        file: String,
        /// Why.
        problem: String,
    },
    /// Another version of the specification.
    #[error("the table `{table}` has format version {version}, and this library writes version 2")]
    Format {
        /// The table.
        table: String,
        /// Its format version.
        version: u8,
    },
    /// The catalog does not answer as the specification has it.
    #[error("the catalog failed: {0}")]
    Rest(String),
}

impl From<StoreError> for CommitError {
    fn from(error: StoreError) -> Self {
        match error.kind {
            StoreErrorKind::Exists => Self::Conflict,
            StoreErrorKind::Unknown => Self::Unknown(error),
            _ => Self::Failed(error.into()),
        }
    }
}

/// Reads the metadata of a table.
fn parse(table: &str, file: &str, bytes: &[u8]) -> Result<TableMetadata, CatalogError> {
    let metadata: TableMetadata = serde_json::from_slice(bytes).map_err(|error| CatalogError::Damaged {
        table: table.to_owned(),
        file: file.to_owned(),
        problem: error.to_string(),
    })?;
    if metadata.format_version == 2 {
        Ok(metadata)
    } else {
        Err(CatalogError::Format { table: table.to_owned(), version: metadata.format_version })
    }
}
