//! What a collection is: its columns, their kinds, its id, indexes, partition and options.
//!
//! A [`Schema`] is a constant that `#[derive(Collection)]` makes; SQL, diffs, log entries and outputs are functions
//! of it. Knows only [`crate::value`].

mod collection;
pub(crate) mod column;
pub(crate) mod json;
mod kind;
mod sqlite;
mod stored;
pub(crate) mod types;
#[cfg(feature = "native")]
mod unbound;

use serde::{Deserialize, Serialize};

pub use collection::{Collection, Collections, FieldError, KeyOf, Registered};
pub use column::{Column, Operand, Scalar, VersionNumber};
pub use json::{Json, Required};
pub use kind::{Kind, Storage};
pub(crate) use sqlite::quote;
pub use stored::{StoredColumn, StoredIndex, StoredSchema};

/// The most columns of a table in a Durable Object.
pub const MAX_COLUMNS: usize = 100;

/// How many documents stay rows where a collection says nothing of `columnar`.
pub const COLUMNAR_THRESHOLD: u64 = 1_000;

/// A collection, as its struct declares it.
#[derive(Clone, Copy, Debug)]
pub struct Schema {
    /// The name of the collection and of its table.
    pub name: &'static str,
    /// The columns, in the order of the struct's fields.
    pub columns: &'static [ColumnDef],
    /// The positions of the id's columns, in the order of the id.
    pub id: &'static [usize],
    /// The indexes that the struct asks for.
    pub indexes: &'static [Index],
    /// The position of the `#[version]` column.
    pub version: Option<usize>,
    /// How much of a change its event holds.
    pub capture: Capture,
    /// How the cold tier lays the collection out.
    pub partition: &'static [Partition],
    /// In which order the cold tier keeps the rows of a file; empty for that of the object and the id.
    pub sort: &'static [Sort],
    /// Whether compaction deletes rows of the cold tier's files by their places, instead of writing the files anew.
    pub merge_on_read: bool,
    /// How long the warm tier may serve a document, in seconds.
    pub cache_seconds: Option<u64>,
    /// How many documents stay rows when [`Db::maintain`](crate::Db::maintain) moves the others into columns; none for
    /// all of them.
    pub columnar: Option<u64>,
    /// When [`Db::maintain`](crate::Db::maintain) takes snapshots of the object, and how many of these stay.
    pub snapshot: Option<SnapshotPolicy>,
}

/// When snapshots are taken, and how many stay: `#[collection(snapshot(every = "1d", keep = 30))]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnapshotPolicy {
    /// How old the last one has to be, in seconds.
    pub every_seconds: u64,
    /// How many of the newest stay of those that were taken so.
    pub keep: u64,
}

/// One column: a field of the struct.
#[derive(Clone, Copy, Debug)]
pub struct ColumnDef {
    /// The column's name in SQL and in every output.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// The labels of an enum; empty for every other kind.
    pub labels: &'static [&'static str],
    /// Whether it may be `NULL`.
    pub nullable: bool,
    /// Names that the column had before: `#[was("…")]`.
    pub was: &'static [&'static str],
    /// Whether outputs of the log hide it: `#[column(mask)]`.
    pub mask: bool,
    /// What rows hold that are older than the column: `#[column(fill = …)]`.
    pub fill: Option<Fill>,
}

/// The value with which a migration fills a new column in rows that are older than it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fill {
    /// For bool (0 or 1) and integers, dates (days), timestamps (µs) and decimals of up to 18 digits (unscaled).
    Integer(i64),
    /// For floats.
    Real(f64),
    /// For text, enums and JSON.
    Text(&'static str),
}

/// An index over one or more columns.
#[derive(Clone, Copy, Debug)]
pub struct Index {
    /// The positions of its columns.
    pub columns: &'static [usize],
    /// Whether two documents may not be equal in these columns.
    pub unique: bool,
    /// The condition of a partial index, in SQL.
    pub filter: Option<&'static str>,
}

/// How much of a change its event in the log holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Capture {
    /// The document before and after.
    #[default]
    Full,
    /// The document after; of a delete the id.
    After,
    /// The id alone. Such a log says what changed, and cannot be replayed.
    Keys,
}

/// One field of the cold tier's partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partition {
    /// What is partitioned.
    pub source: Source,
    /// By what of it.
    pub transform: Transform,
}

/// What a field of a partition or of a sort order is made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The id of the object that a row lives in.
    Object,
    /// The column at this position.
    Column(usize),
}

/// One column of the cold tier's sort order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    /// What rows are sorted by.
    pub source: Source,
    /// Whether the greatest comes first. `NULL` is less than all else.
    pub descending: bool,
}

/// The partition transforms of Iceberg.
///
/// Source: Apache Iceberg, table specification, "Partition Transforms".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transform {
    /// The value itself.
    Identity,
    /// Years since 1970.
    Year,
    /// Months since 1970-01.
    Month,
    /// Days since 1970-01-01.
    Day,
    /// Hours since 1970-01-01 00:00.
    Hour,
    /// A hash modulo this count.
    Bucket(u32),
    /// A prefix, or an integer rounded down to a multiple, of this width.
    Truncate(u32),
}

impl Schema {
    /// The position of the column called `name`.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// The columns of the id, in its order.
    pub fn id_columns(&self) -> impl Iterator<Item = &'static ColumnDef> + use<> {
        let columns = self.columns;
        self.id.iter().map(move |&position| &columns[position])
    }
}
