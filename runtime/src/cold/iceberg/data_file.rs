//! What a manifest says of a file: also the descriptor that a writer hands to a committer.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Datum;

/// What a file holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Content {
    /// Rows.
    #[default]
    Data = 0,
    /// Which rows of other files are deleted, by their places.
    PositionDeletes = 1,
    /// Which rows are deleted, by their values; never written by this library.
    EqualityDeletes = 2,
}

/// How a file is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum FileFormat {
    /// Apache Parquet, the only one that this library writes and reads.
    #[default]
    Parquet,
    /// Apache Avro.
    Avro,
    /// Apache ORC.
    Orc,
    /// Puffin: the deletion vectors of version 3.
    Puffin,
}

/// A file of a table, with what is known of it: serialisable, so that who writes a file need not be who commits it.
///
/// Source: Iceberg, "Manifests", `data_file`. The maps are by the ids of columns.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DataFile {
    /// What it holds.
    pub content: Content,
    /// Its location, as a URL.
    pub file_path: String,
    /// How it is written.
    #[serde(default)]
    pub file_format: FileFormat,
    /// The number of the partition spec that it was written under.
    pub spec_id: i32,
    /// Its partition, in the order of the fields of that spec.
    pub partition: Vec<Option<Datum>>,
    /// How many rows it has.
    pub record_count: i64,
    /// Its size.
    pub file_size_in_bytes: i64,
    /// The bytes of each column.
    pub column_sizes: BTreeMap<i32, i64>,
    /// How many values each column has, NULLs included.
    pub value_counts: BTreeMap<i32, i64>,
    /// How many of them are NULL.
    pub null_value_counts: BTreeMap<i32, i64>,
    /// How many of them are NaN.
    pub nan_value_counts: BTreeMap<i32, i64>,
    /// At most the least value of each column, in the binary form of single values.
    pub lower_bounds: BTreeMap<i32, Vec<u8>>,
    /// At least the greatest.
    pub upper_bounds: BTreeMap<i32, Vec<u8>>,
    /// Where its row groups begin.
    pub split_offsets: Vec<i64>,
    /// Of equality deletes, the columns whose values are equal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub equality_ids: Vec<i32>,
    /// The number of the order that its rows are in.
    pub sort_order_id: Option<i32>,
    /// Of position deletes, the only file that they are about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub referenced_data_file: Option<String>,
}
