//! Data files: Parquet with the ids of a table's columns.
//!
//! [`FileWriter`] writes one; [`FileReader`] reads the rows and columns that a [`Scan`] wants, in the columns that the
//! table has now. Knows the structures of Iceberg, the store, `filter`, `value` and `vortex`. Invariant 7 holds for every
//! value, and invariant 8 for every byte that is read.

mod bloom;
mod counted;
mod error;
mod evaluate;
mod fetch;
mod filter;
mod footer;
mod guard;
mod metrics;
mod open;
mod pages;
mod plan;
mod positions;
mod predicate;
mod project;
mod prune;
mod ranges;
mod read;
mod rows;
mod scalar;
mod scan;
mod schema;
mod thrift;
mod write;

pub use error::FileError;
pub use predicate::BoundPredicate;
pub use read::{FileBatch, FileReader};
pub(crate) use rows::data_type;
pub use rows::{BatchRows, batch_of_columns, column_of_array};
pub use scan::{Counters, Scan};
pub use write::FileWriter;
