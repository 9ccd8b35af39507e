//! What can go wrong in a catalog.

use std::fmt;

use super::super::store::{StoreError, StoreErrorKind};

/// Why a commit did not go through, or may not have.
#[derive(Debug)]
pub(crate) enum CommitError {
    /// Another commit was first; load again and rebase.
    Conflict,
    /// It is not known whether it went through; load again and look.
    Unknown(CatalogError),
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
    /// A catalog has put a table where this build cannot read.
    #[error(
        "the table `{table}` is at `{location}`, which this build cannot read: it reads `file:///…`, and `s3://…` with the feature `s3`"
    )]
    Location {
        /// The table.
        table: String,
        /// Where it is.
        location: String,
    },
    /// A REST catalog.
    #[error(transparent)]
    Rest(#[from] RestError),
}

/// What a REST catalog did not do, and what was asked of it.
#[derive(Debug)]
pub struct RestError {
    /// The address that was asked.
    pub url: String,
    /// What went wrong.
    pub kind: RestErrorKind,
    /// The catalog's words, or those of the network.
    pub problem: String,
}

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RestErrorKind {
    /// It does not accept the token, or the token does not allow it (401, 403).
    Denied,
    /// There is no such table, namespace or catalog (404).
    NotFound,
    /// Another was first (409).
    Conflict,
    /// It does not accept what was asked (400 and other answers of this kind).
    Refused,
    /// It cannot be reached, or failed (5xx, no answer, one that cannot be read); whether a change was made is not known.
    Unknown,
}

impl fmt::Display for RestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { url, kind, problem } = self;
        match kind {
            RestErrorKind::Denied => write!(
                f,
                "the catalog does not allow it (`{url}`); check the token in TERRACE_CATALOG_TOKEN and what it may do: {problem}"
            ),
            RestErrorKind::NotFound => write!(f, "the catalog has nothing at `{url}`: {problem}"),
            RestErrorKind::Conflict => write!(f, "another change came first (`{url}`): {problem}"),
            RestErrorKind::Refused => write!(f, "the catalog refuses the request (`{url}`): {problem}"),
            RestErrorKind::Unknown => {
                write!(
                    f,
                    "the catalog failed or was not reached (`{url}`); it is safe to try again: {problem}"
                )
            }
        }
    }
}

impl std::error::Error for RestError {}

impl From<StoreError> for CommitError {
    fn from(error: StoreError) -> Self {
        match error.kind {
            StoreErrorKind::Exists => Self::Conflict,
            StoreErrorKind::Unknown => Self::Unknown(error.into()),
            _ => Self::Failed(error.into()),
        }
    }
}

impl From<RestError> for CommitError {
    fn from(error: RestError) -> Self {
        match error.kind {
            RestErrorKind::Conflict => Self::Conflict,
            RestErrorKind::Unknown => Self::Unknown(error.into()),
            _ => Self::Failed(error.into()),
        }
    }
}
