//! Why a data file cannot be written or read.

use super::super::{iceberg::Type, store::StoreError};

/// Why a data file cannot be written or read.
///
/// Where it does not name the file, whoever gave the file adds it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// Bytes that are no Parquet, or that contradict each other.
    #[error("the file is damaged: {0}")]
    Damaged(String),
    /// A column of a type that is not written or read.
    #[error("column `{column}` has the type {kind}, which is not supported")]
    Unsupported {
        /// The column.
        column: String,
        /// Its type.
        kind: String,
    },
    /// A column of the file that cannot be one of the table.
    #[error("column `{column}` is {expected} in the table and {found} here")]
    Mismatch {
        /// The column.
        column: String,
        /// What the table has.
        expected: String,
        /// What is there.
        found: String,
    },
    /// A column without NULL that has one, or is not there at all.
    #[error("column `{column}` is never NULL in the table, and is here")]
    Null {
        /// The column.
        column: String,
    },
    /// The store did not give the file.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Rows that do not fit into memory or into the format.
    #[error("the rows cannot be written: {0}")]
    Unwritable(String),
}

pub(super) type Outcome<T> = Result<T, FileError>;

/// An error of reading, whatever Parquet or Arrow calls it.
pub(super) fn damaged(problem: impl ToString) -> FileError {
    FileError::Damaged(problem.to_string())
}

/// A type that is not written or read.
pub(super) fn unsupported(column: &str, kind: &Type) -> FileError {
    FileError::Unsupported { column: column.to_owned(), kind: kind.to_string() }
}

/// An error of writing, whatever Parquet or Arrow calls it.
pub(super) fn unwritable(problem: impl ToString) -> FileError {
    FileError::Unwritable(problem.to_string())
}
