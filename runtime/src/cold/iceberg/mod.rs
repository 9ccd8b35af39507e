//! The structures of an Iceberg table, under the names of the specification, and their bytes. No input or output.
//!
//! Source: Apache Iceberg, table specification, format version 2. Knows nobody.

mod data_file;
mod schema;
mod table;
mod value;

pub use data_file::{Content, DataFile};
pub use schema::{Field, Schema, Type};
pub use table::{
    MetadataLogEntry, PartitionField, PartitionSpec, Reference, Snapshot, SnapshotLogEntry, SortField,
    SortOrder, TableMetadata,
};
pub use value::Datum;
