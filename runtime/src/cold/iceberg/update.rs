//! What a commit changes of a table, and what has to be true of it before: the bodies of a REST catalog's commit, and what a
//! catalog of files does itself.
//!
//! Source: Iceberg, REST catalog, `TableUpdate` and `TableRequirement`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    MetadataLogEntry, PartitionSpec, Reference, Schema, Snapshot, SnapshotLogEntry, SortOrder, TableMetadata,
};

/// The branch that readers see.
pub const MAIN: &str = "main";

/// One change of a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Update {
    /// A schema is added.
    AddSchema {
        /// The schema.
        schema: Schema,
        /// The greatest id of a column that it has given.
        last_column_id: i32,
    },
    /// A schema becomes the present one; −1 is the one that was added last.
    SetCurrentSchema {
        /// Its number.
        schema_id: i32,
    },
    /// A way to partition is added.
    AddSpec {
        /// The way.
        spec: PartitionSpec,
    },
    /// A way to partition becomes the present one; −1 is the one that was added last.
    SetDefaultSpec {
        /// Its number.
        spec_id: i32,
    },
    /// An order of rows is added.
    AddSortOrder {
        /// The order.
        sort_order: SortOrder,
    },
    /// An order of rows becomes the present one; −1 is the one that was added last.
    SetDefaultSortOrder {
        /// Its number.
        sort_order_id: i32,
    },
    /// A snapshot is added.
    AddSnapshot {
        /// The snapshot.
        snapshot: Snapshot,
    },
    /// A branch or tag names another snapshot.
    SetSnapshotRef {
        /// Its name.
        ref_name: String,
        /// Where it stands.
        #[serde(flatten)]
        reference: Reference,
    },
    /// Snapshots are expired.
    RemoveSnapshots {
        /// Their ids.
        snapshot_ids: Vec<i64>,
    },
    /// A branch or tag is removed.
    RemoveSnapshotRef {
        /// Its name.
        ref_name: String,
    },
    /// Properties are set.
    SetProperties {
        /// Their new values.
        updates: BTreeMap<String, String>,
    },
}

/// What has to be true of a table for a commit to go through.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Requirement {
    /// It is this table.
    AssertTableUuid {
        /// Its name for ever.
        uuid: uuid::Uuid,
    },
    /// A branch names this snapshot; none: there is no such branch.
    AssertRefSnapshotId {
        /// The branch.
        #[serde(rename = "ref")]
        ref_name: String,
        /// The snapshot.
        snapshot_id: Option<i64>,
    },
    /// No column was added.
    AssertLastAssignedFieldId {
        /// The greatest id of a column.
        last_assigned_field_id: i32,
    },
    /// The present schema is this one.
    AssertCurrentSchemaId {
        /// Its number.
        current_schema_id: i32,
    },
    /// The present partition is this one.
    AssertDefaultSpecId {
        /// Its number.
        default_spec_id: i32,
    },
    /// The present order of rows is this one.
    AssertDefaultSortOrderId {
        /// Its number.
        default_sort_order_id: i32,
    },
}

impl Requirement {
    /// Whether it is true of the table.
    #[must_use]
    pub fn holds(&self, table: &TableMetadata) -> bool {
        match self {
            Self::AssertTableUuid { uuid } => *uuid == table.table_uuid,
            Self::AssertRefSnapshotId { ref_name, snapshot_id } => {
                table.refs.get(ref_name).map(|reference| reference.snapshot_id) == *snapshot_id
            }
            Self::AssertLastAssignedFieldId { last_assigned_field_id } => {
                *last_assigned_field_id == table.last_column_id
            }
            Self::AssertCurrentSchemaId { current_schema_id } => {
                *current_schema_id == table.current_schema_id
            }
            Self::AssertDefaultSpecId { default_spec_id } => *default_spec_id == table.default_spec_id,
            Self::AssertDefaultSortOrderId { default_sort_order_id } => {
                *default_sort_order_id == table.default_sort_order_id
            }
        }
    }
}

/// How many files of earlier versions a table remembers.
const REMEMBERED_VERSIONS: usize = 20;

impl TableMetadata {
    /// The version that follows this one, whose file is `metadata_file`.
    #[must_use]
    pub fn next(&self, metadata_file: &str, updates: &[Update], now_ms: i64) -> Self {
        let mut next = self.clone();
        next.metadata_log.push(MetadataLogEntry {
            timestamp_ms: self.last_updated_ms,
            metadata_file: metadata_file.to_owned(),
        });
        let superfluous = next.metadata_log.len().saturating_sub(REMEMBERED_VERSIONS);
        next.metadata_log.drain(..superfluous);
        next.last_updated_ms = now_ms.max(self.last_updated_ms);
        for update in updates {
            next.apply(update);
        }
        next
    }

    fn apply(&mut self, update: &Update) {
        match update {
            Update::AddSchema { schema, last_column_id } => {
                self.last_column_id = self.last_column_id.max(*last_column_id);
                self.schemas.push(schema.clone());
            }
            Update::SetCurrentSchema { schema_id } => {
                let last = self.schemas.last().map_or(0, |schema| schema.schema_id);
                self.current_schema_id = if *schema_id < 0 { last } else { *schema_id };
            }
            Update::AddSpec { spec } => {
                let greatest = spec.fields.iter().map(|field| field.field_id).max();
                self.last_partition_id = self.last_partition_id.max(greatest.unwrap_or(0));
                self.partition_specs.push(spec.clone());
            }
            Update::SetDefaultSpec { spec_id } => {
                let last = self.partition_specs.last().map_or(0, |spec| spec.spec_id);
                self.default_spec_id = if *spec_id < 0 { last } else { *spec_id };
            }
            Update::AddSortOrder { sort_order } => self.sort_orders.push(sort_order.clone()),
            Update::SetDefaultSortOrder { sort_order_id } => {
                let last = self.sort_orders.last().map_or(0, |order| order.order_id);
                self.default_sort_order_id = if *sort_order_id < 0 { last } else { *sort_order_id };
            }
            Update::AddSnapshot { snapshot } => {
                self.last_sequence_number = self.last_sequence_number.max(snapshot.sequence_number);
                self.snapshots.push(snapshot.clone());
            }
            Update::SetSnapshotRef { ref_name, reference } => self.set_reference(ref_name, reference),
            Update::RemoveSnapshots { snapshot_ids } => self.remove_snapshots(snapshot_ids),
            Update::RemoveSnapshotRef { ref_name } => drop(self.refs.remove(ref_name)),
            Update::SetProperties { updates } => self.properties.extend(updates.clone()),
        }
    }

    fn set_reference(&mut self, name: &str, reference: &Reference) {
        if name == MAIN {
            let snapshot_id = reference.snapshot_id;
            self.current_snapshot_id = Some(snapshot_id);
            self.snapshot_log.push(SnapshotLogEntry { timestamp_ms: self.last_updated_ms, snapshot_id });
        }
        self.refs.insert(name.to_owned(), reference.clone());
    }

    /// The log of snapshots begins anew after one that is gone: its entries have to be without a hole.
    fn remove_snapshots(&mut self, ids: &[i64]) {
        self.snapshots.retain(|snapshot| !ids.contains(&snapshot.snapshot_id));
        let last_gone = self.snapshot_log.iter().rposition(|entry| ids.contains(&entry.snapshot_id));
        self.snapshot_log.drain(..last_gone.map_or(0, |at| at + 1));
    }
}

impl Reference {
    /// A branch at this snapshot.
    #[must_use]
    pub fn branch(snapshot_id: i64) -> Self {
        Self { snapshot_id, kind: "branch".to_owned(), other: BTreeMap::new() }
    }
}
