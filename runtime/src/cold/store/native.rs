//! Folders, memory and S3, by the crate `object_store`.

use std::{collections::BTreeMap, error::Error, ops::Range, sync::Arc};

use bytes::Bytes;
use futures_util::TryStreamExt;
use object_store::{
    GetOptions, GetRange, ObjectStore, ObjectStoreExt, PutOptions, PutPayload, local::LocalFileSystem,
    memory::InMemory, path::Path,
};

use crate::Timestamp;

use super::{PutMode, Store, StoreError, StoreErrorKind, StoredFile, Task};

/// A store, and the URL as the locations of its files begin with it.
type Opened = (Arc<dyn Store>, String);

/// How long a request to S3 is tried again.
#[cfg(feature = "s3")]
const RETRIES: std::time::Duration = std::time::Duration::from_secs(30);

/// The store at a URL or path; nothing where this build has no store for it. `options`
/// are those of the specification, as a catalog gives them; what it leaves open comes from the environment.
#[cfg_attr(not(feature = "s3"), expect(unused_variables, reason = "a folder needs no options"))]
pub(crate) fn open(url: &str, options: &BTreeMap<String, String>) -> Result<Option<Opened>, StoreError> {
    match url.split_once("://") {
        None => folder(url).map(Some),
        Some(("file", path)) => folder(path).map(Some),
        #[cfg(feature = "s3")]
        Some(("s3" | "s3a", rest)) => {
            let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
            let store = super::remote::Remote(Native::s3(bucket, prefix, options)?);
            Ok(Some((Arc::new(store), url.trim_end_matches('/').to_owned())))
        }
        Some(_) => Ok(None),
    }
}

/// The store of a folder, which is made where there is none, and its URL.
fn folder(path: &str) -> Result<Opened, StoreError> {
    let failed = |source: Box<dyn Error + Send + Sync>| StoreError {
        path: path.to_owned(),
        kind: StoreErrorKind::Unknown,
        source: Some(source),
    };
    std::fs::create_dir_all(path).map_err(|error| failed(error.into()))?;
    let absolute = std::fs::canonicalize(path).map_err(|error| failed(error.into()))?;
    let store = LocalFileSystem::new_with_prefix(&absolute).map_err(|error| failed(error.into()))?;
    Ok((Arc::new(Native(Arc::new(store))), format!("file://{}", absolute.display())))
}

/// A store of the crate `object_store`.
#[derive(Debug)]
pub(crate) struct Native(Arc<dyn ObjectStore>);

impl Native {
    pub(crate) fn memory() -> Self {
        Self(Arc::new(InMemory::new()))
    }

    /// A bucket of S3, with a prefix in it.
    #[cfg(feature = "s3")]
    fn s3(bucket: &str, prefix: &str, options: &BTreeMap<String, String>) -> Result<Self, StoreError> {
        use object_store::{
            RetryConfig,
            aws::{AmazonS3Builder, AmazonS3ConfigKey as Key, S3ConditionalPut},
            prefix::PrefixStore,
        };
        let mut builder = AmazonS3Builder::from_env()
            .with_bucket_name(bucket)
            .with_conditional_put(S3ConditionalPut::ETagMatch)
            // Every step of the lake can be done again, so that an object hears of an outage soon.
            .with_retry(RetryConfig { max_retries: 3, retry_timeout: RETRIES, ..RetryConfig::default() });
        for (name, key) in [
            ("s3.access-key-id", Key::AccessKeyId),
            ("s3.secret-access-key", Key::SecretAccessKey),
            ("s3.session-token", Key::Token),
            ("s3.region", Key::Region),
            ("client.region", Key::Region),
            ("s3.endpoint", Key::Endpoint),
        ] {
            if let Some(value) = options.get(name) {
                builder = builder.with_config(key, value);
            }
        }
        if let Some(endpoint) = options.get("s3.endpoint") {
            builder = builder.with_allow_http(endpoint.starts_with("http://"));
        }
        let bucket = builder.build().map_err(|error| failure(bucket, error))?;
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
        // The listing of a bucket that is not there, of which only the text says so.
        Error::Generic { source, .. } if source.to_string().contains("NoSuchBucket") => {
            StoreErrorKind::NotFound
        }
        Error::AlreadyExists { .. } | Error::Precondition { .. } => StoreErrorKind::Exists,
        Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => StoreErrorKind::Denied,
        _ => StoreErrorKind::Unknown,
    };
    StoreError { path: path.to_owned(), kind, source: Some(Box::new(error)) }
}
