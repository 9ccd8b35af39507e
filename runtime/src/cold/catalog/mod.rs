//! Catalogs: which version of a table is the present one, and the only place where that changes.
//!
//! A version follows exactly one other: of several commits on one base, one succeeds. Who hears of an unknown outcome looks
//! for its commit in the version that it loads next.

mod error;
mod files;
#[cfg(all(feature = "rest", not(target_family = "wasm")))]
mod http;
mod place;
#[cfg(all(feature = "rest", not(target_family = "wasm")))]
mod rest;

use std::sync::Arc;

use super::{
    iceberg::{Requirement, TableMetadata, Update},
    store::Store,
};

pub(crate) use error::CommitError;
pub use error::{CatalogError, RestError, RestErrorKind};
pub(crate) use files::{FileCatalog, metadata_number};
pub(crate) use place::Place;
#[cfg(all(feature = "rest", not(target_family = "wasm")))]
pub(crate) use rest::RestCatalog;

/// A catalog of either kind.
#[derive(Clone, Debug)]
pub(crate) enum Catalog {
    Files(FileCatalog),
    #[cfg(all(feature = "rest", not(target_family = "wasm")))]
    Rest(RestCatalog),
}

/// A version of a table, and where it came from.
#[derive(Clone, Debug)]
pub(crate) struct Version {
    pub(crate) metadata: TableMetadata,
    /// The number of the version; 0 where the catalog has none.
    pub(crate) number: u64,
    /// The location of its file.
    pub(crate) file: String,
    /// Where the table's files are.
    pub(crate) place: Place,
}

/// A change of a table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Change<'a> {
    pub(crate) requirements: &'a [Requirement],
    pub(crate) updates: &'a [Update],
    /// Milliseconds since 1970 UTC.
    pub(crate) now_ms: i64,
}

impl Catalog {
    /// The store that the lake is in; a service has none beside those of its tables.
    #[cfg_attr(any(not(feature = "rest"), target_family = "wasm"), allow(clippy::unnecessary_wraps))]
    pub(crate) fn store(&self) -> Option<&Arc<dyn Store>> {
        match self {
            Self::Files(files) => Some(files.store()),
            #[cfg(all(feature = "rest", not(target_family = "wasm")))]
            Self::Rest(_) => None,
        }
    }

    /// The names of the tables, in order.
    pub(crate) async fn tables(&self) -> Result<Vec<String>, CatalogError> {
        match self {
            Self::Files(files) => files.tables().await,
            #[cfg(all(feature = "rest", not(target_family = "wasm")))]
            Self::Rest(rest) => rest.tables().await,
        }
    }

    /// The present version of a table; none when there is no such table.
    pub(crate) async fn load(&self, table: &str) -> Result<Option<Version>, CatalogError> {
        match self {
            Self::Files(files) => files.load(table).await,
            #[cfg(all(feature = "rest", not(target_family = "wasm")))]
            Self::Rest(rest) => rest.load(table).await,
        }
    }

    /// Makes a table. The catalog may choose its location, and other ids for its columns: then the table has no properties
    /// afterwards, since terrace's hold ids.
    pub(crate) async fn create(&self, table: &str, metadata: TableMetadata) -> Result<(), CommitError> {
        match self {
            Self::Files(files) => files.create(table, metadata).await,
            #[cfg(all(feature = "rest", not(target_family = "wasm")))]
            Self::Rest(rest) => rest.create(table, &metadata).await,
        }
    }

    /// Makes the version after `base`.
    pub(crate) async fn commit(
        &self,
        table: &str,
        base: &Version,
        change: Change<'_>,
    ) -> Result<Version, CommitError> {
        match self {
            Self::Files(files) => files.commit(table, base, change).await,
            #[cfg(all(feature = "rest", not(target_family = "wasm")))]
            Self::Rest(rest) => rest.commit(table, change).await,
        }
    }
}

/// What this library can work with: version 2 of the specification, and one word for "no snapshot".
fn checked(table: &str, mut metadata: TableMetadata) -> Result<TableMetadata, CatalogError> {
    if metadata.format_version != 2 {
        return Err(CatalogError::Format { table: table.to_owned(), version: metadata.format_version });
    }
    metadata.current_snapshot_id = metadata.current_snapshot_id.filter(|id| *id >= 0);
    Ok(metadata)
}
