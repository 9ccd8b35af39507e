//! What can go wrong with snapshots.

use crate::cdc::SnapshotId;

/// What can go wrong with snapshots. Whatever it is, nothing was changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// There is no such snapshot.
    #[error("there is no snapshot {id}; `snapshots().list()` has all that there are")]
    NotFound {
        /// Its name.
        id: SnapshotId,
    },
    /// A snapshot builds on one that is not there.
    #[error("the snapshot {child} builds on {id}, which is missing; restore another one")]
    Missing {
        /// The one that is missing.
        id: SnapshotId,
        /// The one that needs it.
        child: SnapshotId,
    },
    /// A snapshot is not as it was written.
    #[error("the snapshot {id} is damaged: {problem}; restore another one")]
    Damaged {
        /// Its name.
        id: SnapshotId,
        /// What is wrong with it.
        problem: String,
    },
    /// A snapshot does not continue the one that it says it builds on.
    #[error("the snapshot {id} does not continue {parent}: {problem}; restore another one")]
    Broken {
        /// Its name.
        id: SnapshotId,
        /// The one that it names.
        parent: SnapshotId,
        /// Where they do not meet.
        problem: String,
    },
    /// A snapshot that has to stay.
    #[error("the snapshot {id} has to stay: {reason}")]
    Needed {
        /// Its name.
        id: SnapshotId,
        /// Who needs it, and what to do.
        reason: String,
    },
    /// A collection that the snapshot does not have.
    #[error("the snapshot {id} has no collection `{collection}`")]
    NoCollection {
        /// Its name.
        id: SnapshotId,
        /// The collection.
        collection: String,
    },
    /// An archive has no such snapshot.
    #[error("the archive has no snapshot {id} of the object `{object}`; `list` has all that there are")]
    NotArchived {
        /// Its name.
        id: SnapshotId,
        /// The object.
        object: String,
    },
    /// A snapshot that is being deleted from its archive.
    #[error(
        "the snapshot {id} is being deleted from the archive; `delete` or `retain` ends a deletion that was broken off, and one that is not ended is void after an hour"
    )]
    Deleting {
        /// Its name.
        id: SnapshotId,
    },
    /// A snapshot that a newer version of this crate has archived.
    #[error(
        "the snapshot {id} was archived in format {format}, and this version of terrace knows formats up to 1; use the newer version of terrace"
    )]
    NewerFormat {
        /// Its name.
        id: SnapshotId,
        /// The format.
        format: u32,
    },
    /// No snapshot and no log reaches back to a moment.
    #[error("nothing reaches back to {time}: {problem}")]
    OutOfReach {
        /// The moment.
        time: crate::Timestamp,
        /// Why not, and what to do.
        problem: String,
    },
    /// A moment yet to come.
    #[error("{time} is yet to come, it is {now}; `create` takes a snapshot of what there is")]
    Future {
        /// The moment.
        time: crate::Timestamp,
        /// What the clock of the database says.
        now: crate::Timestamp,
    },
    /// Snapshots are transactions of their own.
    #[error("snapshots are taken and restored in transactions of their own; do it outside of one")]
    InTransaction,
}
