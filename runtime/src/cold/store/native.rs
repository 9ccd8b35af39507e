//! Folders, memory and S3, by the crate `object_store`.

use std::{ops::Range, sync::Arc};

use bytes::Bytes;
use futures_util::TryStreamExt;
use object_store::{
    GetOptions, GetRange, ObjectStore, ObjectStoreExt, PutOptions, PutPayload, local::LocalFileSystem,
    memory::InMemory, path::Path,
};

use crate::Timestamp;

use super::{PutMode, Store, StoreError, StoreErrorKind, StoredFile, Task};

/// A store of the crate `object_store`.
#[derive(Debug)]
pub(crate) struct Native(Arc<dyn ObjectStore>);

impl Native {
    pub(crate) fn memory() -> Self {
        Self(Arc::new(InMemory::new()))
    }

    /// A folder, which is made where there is none.
    pub(crate) fn folder(path: &std::path::Path) -> Result<Self, StoreError> {
        let failed = |source: Box<dyn std::error::Error + Send + Sync>| StoreError {
            path: path.display().to_string(),
            kind: StoreErrorKind::Unknown,
            source: Some(source),
        };
        std::fs::create_dir_all(path).map_err(|error| failed(error.into()))?;
        let folder = LocalFileSystem::new_with_prefix(path).map_err(|error| failed(error.into()))?;
        Ok(Self(Arc::new(folder)))
    }

    /// A bucket of S3, with a prefix in it; credentials, region and endpoint come from the environment (`AWS_…`).
    #[cfg(feature = "s3")]
    pub(crate) fn s3(bucket: &str, prefix: &str) -> Result<Self, StoreError> {
        use object_store::{
            aws::{AmazonS3Builder, S3ConditionalPut},
            prefix::PrefixStore,
        };
        let builder = AmazonS3Builder::from_env()
            .with_bucket_name(bucket)
            .with_conditional_put(S3ConditionalPut::ETagMatch);
        let bucket = builder.build().map_err(|error| failure("", error))?;
        Ok(Self(Arc::new(PrefixStore::new(bucket, prefix))))
    }
}

impl Store for Native {
    fn get<'a>(&'a self, path: &'a str, range: Option<Range<u64>>) -> Task<'a, Bytes> {
        Box::pin(async move {
            let options = GetOptions { range: range.map(GetRange::Bounded), ..GetOptions::default() };
            let found = self.0.get_opts(&parsed(path)?, options).await;
            found.map_err(|error| failure(path, error))?.bytes().await.map_err(|error| failure(path, error))
        })
    }

    fn put<'a>(&'a self, path: &'a str, bytes: Bytes, mode: PutMode) -> Task<'a, ()> {
        let mode = match mode {
            PutMode::Create => object_store::PutMode::Create,
            PutMode::Replace => object_store::PutMode::Overwrite,
        };
        Box::pin(async move {
            let payload = PutPayload::from_bytes(bytes);
            let done = self.0.put_opts(&parsed(path)?, payload, PutOptions::from(mode)).await;
            done.map(drop).map_err(|error| failure(path, error))
        })
    }

    fn delete<'a>(&'a self, path: &'a str) -> Task<'a, ()> {
        Box::pin(async move {
            match self.0.delete(&parsed(path)?).await {
                Err(object_store::Error::NotFound { .. }) => Ok(()),
                done => done.map_err(|error| failure(path, error)),
            }
        })
    }

    fn list<'a>(&'a self, folder: &'a str) -> Task<'a, Vec<StoredFile>> {
        Box::pin(async move {
            let prefix = parsed(folder)?;
            let found = self.0.list(Some(&prefix)).map_ok(|file| StoredFile {
                path: file.location.to_string(),
                size: file.size,
                modified: Timestamp::from_micros(file.last_modified.timestamp_micros()),
            });
            found.try_collect().await.map_err(|error| failure(folder, error))
        })
    }
}

/// The path as it is: `Path::from` would give another name to a file than a table's metadata says.
fn parsed(path: &str) -> Result<Path, StoreError> {
    Path::parse(path).map_err(|error| failure(path, error.into()))
}

fn failure(path: &str, error: object_store::Error) -> StoreError {
    use object_store::Error;
    let kind = match &error {
        Error::NotFound { .. } => StoreErrorKind::NotFound,
        Error::AlreadyExists { .. } | Error::Precondition { .. } => StoreErrorKind::Exists,
        Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => StoreErrorKind::Denied,
        _ => StoreErrorKind::Unknown,
    };
    StoreError { path: path.to_owned(), kind, source: Some(Box::new(error)) }
}
