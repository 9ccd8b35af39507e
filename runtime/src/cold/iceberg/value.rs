//! Single values: bounds and partitions.

use serde::{Deserialize, Serialize};

/// A value of a column or of a partition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Datum {
    /// Of `boolean`.
    Bool(bool),
    /// Of `int`.
    Int(i32),
    /// Of `long`.
    Long(i64),
    /// Of `float`.
    Float(f32),
    /// Of `double`.
    Double(f64),
    /// Of `decimal`, unscaled.
    Decimal(i128),
    /// Of `date`, days since 1970-01-01.
    Date(i32),
    /// Of `timestamp` and `timestamptz`, microseconds since 1970.
    Timestamp(i64),
    /// Of `string`.
    String(String),
    /// Of `uuid`.
    Uuid([u8; 16]),
    /// Of `fixed` and `binary`.
    Binary(Vec<u8>),
}
