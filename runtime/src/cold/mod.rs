//! The cold tier: the lake. Parquet files and Apache Iceberg tables that every engine can read.
//!
//! Knows `schema`, `filter`, `value` and `cdc`'s names of operations, never `hot`. Keeps invariants 4 and 10.

pub mod iceberg;
pub mod store;
