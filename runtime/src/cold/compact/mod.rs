//! Compaction: the state table takes in what the changelog table has beyond it, and small files become large ones.
//!
//! A step folds whole commits of the changelog, in their order, and is one commit of the state table: it goes through if the
//! state table has folded just what it had when the step began. So it can be interrupted anywhere, and several can run at
//! once. It needs no struct: the tables say all of themselves.

mod latest;
mod merge;
mod rewrite;
mod sorted;
mod step;
mod writer;

use crate::{
    error::{Cause, During, Failure, Operation, StorageError},
    schema::Collection,
};

use super::{error::LakeError, error::Result, lake::Lake, mapping::Role, table::Table};

/// What a compaction did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Compacted {
    /// The events that the state table has taken in.
    pub events: u64,
    /// The files that were written.
    pub files_written: u64,
    /// The files that these replace; they are there until their snapshots are expired.
    pub files_replaced: u64,
}

/// How far a compaction has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompactProgress {
    /// The events that were taken in.
    pub events: u64,
    /// All that are to be taken in.
    pub of: u64,
}

/// How often a step begins again when another compaction was first.
const ATTEMPTS: usize = 16;

impl Lake {
    /// Brings the state table of a collection up to its changelog, and merges small files of both.
    ///
    /// # Errors
    /// The collection was never synced; the lake cannot be reached or is damaged.
    ///
    /// ```
    /// # use terrace::{cold::Lake, prelude::*};
    /// # #[derive(Collection)]
    /// # struct City { #[id] name: String }
    /// # futures_executor::block_on(async {
    /// # let lake = Lake::open("memory://").await?;
    /// # let db = Db::open_in_memory(collections![City])?;
    /// # db.insert(&City { name: "Bonn".into() })?;
    /// # db.sync(&lake).await?;
    /// assert_eq!(lake.compact::<City>().await?.events, 1);
    /// # Ok::<(), StorageError>(())
    /// # }).unwrap();
    /// ```
    pub async fn compact<T: Collection>(&self) -> std::result::Result<Compacted, StorageError> {
        self.compact_collection(T::SCHEMA.name, |_| {}).await
    }

    /// As [`Lake::compact`], of a collection by its name; it tells how far it has come.
    ///
    /// # Errors
    /// As there.
    pub async fn compact_collection(
        &self,
        collection: &str,
        mut progress: impl FnMut(CompactProgress),
    ) -> std::result::Result<Compacted, StorageError> {
        let compact = async {
            let mut done = Compacted::default();
            let mut attempts = 0;
            loop {
                match step::run(self, collection, &mut done, &mut progress).await {
                    Ok(true) => attempts = 0,
                    Ok(false) => break,
                    Err(failure) if is_stale(&failure) && attempts < ATTEMPTS => attempts += 1,
                    Err(failure) => return Err(failure),
                }
            }
            for role in [Role::State, Role::Changelog] {
                merge::run(self, collection, role, &mut done).await?;
            }
            Ok(done)
        };
        Result::during(compact.await, Operation::Compact, collection)
    }
}

/// Whether another commit was first.
pub(crate) fn is_stale(failure: &Failure) -> bool {
    matches!(failure.cause, Cause::Lake(LakeError::Stale { .. }))
}

/// The changelog table of a collection.
async fn changelog<'l>(lake: &'l Lake, collection: &str) -> Result<Table<'l>> {
    let name = Role::Changelog.table(collection);
    let table = Table::load(lake, &name).await?;
    Ok(table.ok_or(LakeError::NoTable { table: name })?)
}
