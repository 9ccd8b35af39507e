//! The metadata of a table: the JSON that a version of it is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Schema;

/// A version of a table.
///
/// Source: Iceberg, "Table Metadata". What this library does not know of is kept as it was read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct TableMetadata {
    /// The version of the specification; 2 in what this library writes.
    pub format_version: u8,
    /// The table's name for ever.
    pub table_uuid: uuid::Uuid,
    /// Where the table's files are, as a URL.
    pub location: String,
    /// The greatest sequence number given to a snapshot.
    #[serde(default)]
    pub last_sequence_number: i64,
    /// When this version was made, in milliseconds since 1970 UTC.
    pub last_updated_ms: i64,
    /// The greatest id given to a column.
    pub last_column_id: i32,
    /// Every schema that the table had.
    pub schemas: Vec<Schema>,
    /// The number of the present one.
    pub current_schema_id: i32,
    /// Every way in which the table was partitioned.
    pub partition_specs: Vec<PartitionSpec>,
    /// The number of the present one.
    pub default_spec_id: i32,
    /// The greatest id given to a partition field.
    #[serde(default = "before_partitions")]
    pub last_partition_id: i32,
    /// Options, and what terrace remembers of the table.
    #[serde(default)]
    pub properties: BTreeMap<String, String>,
    /// The present snapshot; −1 or nothing before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_snapshot_id: Option<i64>,
    /// The snapshots that were not expired, the oldest first.
    #[serde(default)]
    pub snapshots: Vec<Snapshot>,
    /// When each of them became the present one.
    #[serde(default)]
    pub snapshot_log: Vec<SnapshotLogEntry>,
    /// The files of earlier versions.
    #[serde(default)]
    pub metadata_log: Vec<MetadataLogEntry>,
    /// Every order in which files were sorted.
    pub sort_orders: Vec<SortOrder>,
    /// The number of the present one.
    pub default_sort_order_id: i32,
    /// Branches and tags.
    #[serde(default)]
    pub refs: BTreeMap<String, Reference>,
    /// What newer or other writers have put there.
    #[serde(flatten)]
    pub other: BTreeMap<String, serde_json::Value>,
}

/// Below the first id of a partition field.
fn before_partitions() -> i32 {
    999
}

/// A state of the table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Snapshot {
    /// Its id.
    pub snapshot_id: i64,
    /// The one that it follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_snapshot_id: Option<i64>,
    /// Its place among the changes of the table.
    #[serde(default)]
    pub sequence_number: i64,
    /// When it was made, in milliseconds since 1970 UTC.
    pub timestamp_ms: i64,
    /// The location of its manifest list.
    pub manifest_list: String,
    /// What it did: `operation`, counts, and terrace's commit id and watermarks.
    #[serde(default)]
    pub summary: BTreeMap<String, String>,
    /// The number of the schema that it was written under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema_id: Option<i32>,
    /// What newer or other writers have put there.
    #[serde(flatten)]
    pub other: BTreeMap<String, serde_json::Value>,
}

/// When a snapshot became the present one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct SnapshotLogEntry {
    /// In milliseconds since 1970 UTC.
    pub timestamp_ms: i64,
    /// The snapshot.
    pub snapshot_id: i64,
}

/// An earlier version of the table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct MetadataLogEntry {
    /// When it was made, in milliseconds since 1970 UTC.
    pub timestamp_ms: i64,
    /// The location of its file.
    pub metadata_file: String,
}

/// A branch or a tag.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Reference {
    /// The snapshot.
    pub snapshot_id: i64,
    /// `branch` or `tag`.
    #[serde(rename = "type")]
    pub kind: String,
    /// How long it is kept, and the like.
    #[serde(flatten)]
    pub other: BTreeMap<String, serde_json::Value>,
}

/// A way to partition the table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct PartitionSpec {
    /// Its number within the table.
    pub spec_id: i32,
    /// Its fields.
    pub fields: Vec<PartitionField>,
}

/// One field of a partition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct PartitionField {
    /// The column that it is made from.
    pub source_id: i32,
    /// Its own id.
    pub field_id: i32,
    /// Its name.
    pub name: String,
    /// What is made of the column: `identity`, `bucket[16]`, `day`, …
    pub transform: String,
}

/// An order in which the rows of files are sorted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct SortOrder {
    /// Its number within the table; 0 is no order.
    pub order_id: i32,
    /// The columns.
    pub fields: Vec<SortField>,
}

/// One column of an order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct SortField {
    /// What is made of the column before.
    pub transform: String,
    /// The column.
    pub source_id: i32,
    /// `asc` or `desc`.
    pub direction: String,
    /// `nulls-first` or `nulls-last`.
    pub null_order: String,
}

impl TableMetadata {
    /// The present schema.
    #[must_use]
    pub fn schema(&self) -> Option<&Schema> {
        self.schema_by_id(self.current_schema_id)
    }

    /// The schema of this number.
    #[must_use]
    pub fn schema_by_id(&self, id: i32) -> Option<&Schema> {
        self.schemas.iter().find(|schema| schema.schema_id == id)
    }

    /// The present partition.
    #[must_use]
    pub fn spec(&self) -> Option<&PartitionSpec> {
        self.spec_by_id(self.default_spec_id)
    }

    /// The partition of this number.
    #[must_use]
    pub fn spec_by_id(&self, id: i32) -> Option<&PartitionSpec> {
        self.partition_specs.iter().find(|spec| spec.spec_id == id)
    }

    /// The present order of rows.
    #[must_use]
    pub fn sort_order(&self) -> Option<&SortOrder> {
        self.sort_orders.iter().find(|order| order.order_id == self.default_sort_order_id)
    }

    /// The present snapshot.
    #[must_use]
    pub fn snapshot(&self) -> Option<&Snapshot> {
        self.current_snapshot_id.and_then(|id| self.snapshot_by_id(id))
    }

    /// The snapshot of this id.
    #[must_use]
    pub fn snapshot_by_id(&self, id: i64) -> Option<&Snapshot> {
        self.snapshots.iter().find(|snapshot| snapshot.snapshot_id == id)
    }

    /// A snapshot and those before it, the newest first, as far as they were not expired.
    pub fn ancestors(&self, id: Option<i64>) -> impl Iterator<Item = &Snapshot> {
        let first = id.and_then(|id| self.snapshot_by_id(id));
        std::iter::successors(first, |snapshot| {
            snapshot.parent_snapshot_id.and_then(|id| self.snapshot_by_id(id))
        })
    }
}
