//! Where the lake's files are: one small trait, and its backends as leaves.
//!
//! Knows nobody. A backend either does what it was asked, or says which of four things went wrong; what was asked of it may
//! have been done all the same when the error is [`StoreErrorKind::Unknown`].

#[cfg(not(target_family = "wasm"))]
pub(crate) mod native;
#[cfg(all(feature = "s3", not(target_family = "wasm")))]
mod remote;

use std::{error::Error, fmt, ops::Range};

use bytes::Bytes;

use crate::Timestamp;
pub use crate::task::Threads;

/// What a store does: natively it can be sent to another thread; in a Durable Object, which has one, it cannot.
pub type Task<'a, R> = crate::task::Task<'a, R, StoreError>;

/// A place for files, by their paths below its root: a folder, memory, S3, or R2 in a Durable Object.
pub trait Store: fmt::Debug + Threads {
    /// The bytes of a file, or of a range of it.
    fn get<'a>(&'a self, path: &'a str, range: Option<Range<u64>>) -> Task<'a, Bytes>;

    /// Stores a file whole.
    fn put<'a>(&'a self, path: &'a str, bytes: Bytes, mode: PutMode) -> Task<'a, ()>;

    /// Removes a file; one that is not there is removed already.
    fn delete<'a>(&'a self, path: &'a str) -> Task<'a, ()>;

    /// The files below a folder, however deep.
    fn list<'a>(&'a self, folder: &'a str) -> Task<'a, Vec<StoredFile>>;
}

/// What happens when the file is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PutMode {
    /// [`StoreErrorKind::Exists`]: of several that try, one succeeds.
    Create,
    /// It is replaced.
    Replace,
}

/// A file of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredFile {
    /// Its path below the root.
    pub path: String,
    /// Its bytes.
    pub size: u64,
    /// When it was stored.
    pub modified: Timestamp,
}

/// What a store could not do, and with which file.
#[derive(Debug)]
pub struct StoreError {
    /// The path below the root.
    pub path: String,
    /// What went wrong.
    pub kind: StoreErrorKind,
    /// The store's own words.
    pub source: Option<Box<dyn Error + Send + Sync>>,
}

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// There is no such file.
    NotFound,
    /// There is such a file already.
    Exists,
    /// The store refuses these credentials, or they do not allow it.
    Denied,
    /// The store cannot be reached, or failed; whether a file was stored or removed is not known.
    Unknown,
}

impl StoreError {
    /// An error with a file.
    #[must_use]
    pub fn new(path: &str, kind: StoreErrorKind) -> Self {
        Self { path: path.to_owned(), kind, source: None }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = &self.path;
        match self.kind {
            StoreErrorKind::NotFound => write!(f, "there is no file `{path}` in the lake's store"),
            StoreErrorKind::Exists => write!(f, "there is a file `{path}` in the lake's store already"),
            StoreErrorKind::Denied => {
                write!(
                    f,
                    "the lake's store does not allow it (`{path}`); check the credentials and what they may do"
                )
            }
            StoreErrorKind::Unknown => {
                write!(f, "the lake's store failed (`{path}`); it is safe to try again")
            }
        }?;
        self.source.as_ref().map_or(Ok(()), |source| write!(f, ": {source}"))
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| &**source as &(dyn Error + 'static))
    }
}
