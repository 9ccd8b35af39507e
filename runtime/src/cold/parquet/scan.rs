//! What is wanted of data files, and what it took.

use std::collections::BTreeMap;

use crate::value::Value;

use super::{super::iceberg::Schema, predicate::BoundPredicate};

/// The rows of a batch, at most: what is decoded together stays in the processor's caches.
const BATCH_ROWS: usize = 8192;

/// Which columns and rows are wanted, of every file of a table.
#[derive(Clone, Debug)]
pub struct Scan {
    /// The columns of the batches. A file's own are found by their ids, whatever they were called when it was written.
    pub schema: Schema,
    /// Which rows.
    pub predicate: BoundPredicate,
    /// What rows hold in columns that their file lacks, by the columns' ids; NULL where nothing is said.
    pub fills: BTreeMap<i32, Value>,
    /// Whether each batch comes with the places of its rows in the file.
    pub positions: bool,
    /// The rows of a batch, at most.
    pub batch_rows: usize,
}

impl Scan {
    /// The rows for which `predicate` is true, in the columns of `schema`.
    #[must_use]
    pub fn new(schema: Schema, predicate: BoundPredicate) -> Self {
        Self { schema, predicate, fills: BTreeMap::new(), positions: false, batch_rows: BATCH_ROWS }
    }
}

/// What it took to read something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Requests to the store.
    pub requests: u64,
    /// Bytes that it gave.
    pub bytes: u64,
    /// Row groups of which rows were read.
    pub row_groups_read: u64,
    /// Row groups that were ruled out.
    pub row_groups_skipped: u64,
    /// Pages of the wanted columns that their index ruled out, in row groups that were read.
    pub pages_skipped: u64,
    /// Bloom filters that were asked.
    pub bloom_filters: u64,
    /// Rows that the filter was decoded for; all of them, where there is none.
    pub rows_decoded: u64,
    /// Rows that came out.
    pub rows_given: u64,
}

impl std::ops::AddAssign for Counters {
    fn add_assign(&mut self, more: Self) {
        self.requests += more.requests;
        self.bytes += more.bytes;
        self.row_groups_read += more.row_groups_read;
        self.row_groups_skipped += more.row_groups_skipped;
        self.pages_skipped += more.pages_skipped;
        self.bloom_filters += more.bloom_filters;
        self.rows_decoded += more.rows_decoded;
        self.rows_given += more.rows_given;
    }
}
