//! Lakes by their URL: natively alone. In a Durable Object a lake is one over a store that is given ([`Lake::over`]).

use std::{collections::BTreeMap, sync::Arc};

use crate::error::{During, Operation, StorageError};

use super::{
    catalog::{Catalog, FileCatalog},
    error::{LakeError, Result},
    lake::Lake,
    store::{
        Store,
        native::{self, Native},
    },
};

#[cfg(feature = "rest")]
use super::catalog::RestCatalog;

impl Lake {
    /// Opens the lake at a URL:
    ///
    /// * `file:///data/lake` or a path: a folder, which is made where there is none. A file there is as durable as the system
    ///   makes it without being told to write it to the disk: after a power cut the newest commits may be gone;
    /// * `memory://`: gone with the last clone of the lake;
    /// * `s3://bucket/prefix` (feature `s3`): credentials, region and endpoint come from the environment, `AWS_…`;
    /// * `https://host/path?warehouse=…&namespace=…` (feature `rest`): an Iceberg REST catalog, `https://host/path` being what
    ///   other clients call its `uri`. Both parameters may be left out: the warehouse is then the catalog's own choice, the
    ///   namespace `terrace`; levels of a namespace are separated by points. The namespace is made with the first table. The
    ///   environment's `TERRACE_CATALOG_TOKEN` is sent as a bearer token. Where the files are, the catalog says: in a folder, or
    ///   in a store that speaks S3 (feature `s3`), with the credentials that it lends or else those of the environment.
    ///
    /// Every executor will do, Tokio's or another.
    ///
    /// # Errors
    /// The URL names no lake, the folder cannot be made, or the catalog cannot be reached or does not accept the token.
    #[allow(clippy::unused_async)] // only a catalog over the network is asked here
    pub async fn open(url: &str) -> std::result::Result<Self, StorageError> {
        let opened = open_catalog(url).await;
        let (catalog, root) = opened.during_no_collection(Operation::Open)?;
        Ok(Self::with(catalog, &root))
    }
}

/// The catalog at a URL, and the URL as locations begin with it.
async fn open_catalog(url: &str) -> Result<(Catalog, String)> {
    let problem = |problem: &str| LakeError::Url { url: url.to_owned(), problem: problem.to_owned() };
    let opened = match url.split_once("://") {
        #[cfg(feature = "rest")]
        Some(("http" | "https", _)) => {
            return Ok((Catalog::Rest(RestCatalog::open(url).await?), url.to_owned()));
        }
        Some(("memory", _)) => {
            let store: Arc<dyn Store> = Arc::new(Native::memory());
            Some((store, url.trim_end_matches('/').to_owned()))
        }
        None if url.is_empty() => return Err(problem("it is empty; give the path of a folder").into()),
        _ => native::open(url, &BTreeMap::new())?,
    };
    let (store, root) = opened.ok_or_else(|| {
        problem(
            "give `file:///folder`, a path, `memory://`, `s3://bucket/prefix` (feature `s3`) or the `https://…` of a REST catalog (feature `rest`)",
        )
    })?;
    Ok((Catalog::Files(FileCatalog::new(store, root.as_str().into())), root))
}
