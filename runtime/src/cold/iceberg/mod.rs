//! The structures of an Iceberg table, under the names of the specification, and their bytes. No input or output.
//!
//! Source: Apache Iceberg, table specification, format version 2; manifests of version 1 are read. Knows nobody but the small things
//! at the bottom: `bytes`, the comparisons of `filter`, the text of a decimal. Keeps invariant 8.

mod avro;
mod bounds;
mod calendar;
mod data_file;
mod data_file_record;
mod error;
mod evolve;
mod list;
mod manifest;
mod manifest_schema;
mod partition;
mod project;
mod schema;
mod table;
mod text;
mod transform;
mod update;
mod value;

pub use bounds::may_hold;
pub use data_file::{Content, DataFile, FileFormat};
pub use error::IcebergError;
pub use evolve::{give_ids, promote};
pub use list::{FieldSummary, ListMetadata, ManifestFile, read_list, write_list};
pub use manifest::{ManifestEntry, ManifestMetadata, Status, read_manifest, write_manifest};
pub use partition::BoundField;
pub use schema::{Field, Schema, Type};
pub use table::{
    MetadataLogEntry, PartitionField, PartitionSpec, Reference, Snapshot, SnapshotLogEntry, SortField,
    SortOrder, TableMetadata,
};
pub use transform::Transform;
pub use update::{MAIN, Requirement, Update};
pub use value::Datum;
