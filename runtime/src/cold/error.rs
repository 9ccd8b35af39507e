//! What can go wrong in the lake.

use crate::error::Failure;

pub(crate) type Result<R> = std::result::Result<R, Failure>;

/// What can go wrong in the lake, beside its store, its catalog and columns that do not fit.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LakeError {
    /// A URL that names no lake.
    #[error("`{url}` is no lake: {problem}")]
    Url {
        /// What was given.
        url: String,
        /// What to give.
        problem: String,
    },
    /// There is no such table.
    #[error("there is no table `{table}` in the lake; sync an object with this collection first")]
    NoTable {
        /// The table.
        table: String,
    },
    /// There is no such snapshot, or no longer.
    #[error("the table `{table}` has no snapshot {snapshot}; it was expired, or is one of another table")]
    NoSnapshot {
        /// The table.
        table: String,
        /// The snapshot.
        snapshot: i64,
    },
    /// A file outside of the lake.
    #[error("the table `{table}` has a file outside of the lake: `{location}`")]
    Elsewhere {
        /// The table.
        table: String,
        /// The file.
        location: String,
    },
    /// Another writer has left equality deletes.
    #[error(
        "the table `{table}` has equality deletes, which terrace does not read; compact it with the engine that wrote them"
    )]
    EqualityDeletes {
        /// The table.
        table: String,
    },
    /// A file of a table is damaged.
    #[error("the file `{file}` of the lake is damaged: {problem}")]
    Damaged {
        /// The file.
        file: String,
        /// Why.
        problem: String,
    },
    /// Values that the lake's formats cannot hold.
    #[error("the lake cannot hold this: {problem}")]
    Refused {
        /// Why.
        problem: String,
    },
    /// The table is not what the commit was made for.
    #[error("the table `{table}` has changed since: {problem}; nothing was written, it is safe to try again")]
    Stale {
        /// The table.
        table: String,
        /// How.
        problem: String,
    },
    /// Others were first too often.
    #[error("other commits to the table `{table}` came first {attempts} times; try again")]
    Contended {
        /// The table.
        table: String,
        /// How often it was tried.
        attempts: usize,
    },
    /// A commit that was confirmed is not there.
    #[error(
        "the table `{table}` does not hold the commit `{commit}` that it confirmed; nothing was acknowledged, sync again"
    )]
    Lost {
        /// The table.
        table: String,
        /// The commit.
        commit: String,
    },
}

/// What a library of the lake's files refuses to make of what it was given.
pub(crate) fn refused(problem: &dyn std::fmt::Display) -> Failure {
    LakeError::Refused { problem: problem.to_string() }.into()
}
