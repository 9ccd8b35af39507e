//! What a column can hold, and what can be done with it.

use serde::{Deserialize, Serialize};

/// The kind of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// `bool`: INTEGER 0 or 1.
    Bool,
    /// `i8`: INTEGER.
    I8,
    /// `i16`: INTEGER.
    I16,
    /// `i32`: INTEGER.
    I32,
    /// `u8`: INTEGER.
    U8,
    /// `u16`: INTEGER.
    U16,
    /// `u32`: INTEGER.
    U32,
    /// `i64`: INTEGER.
    I64,
    /// `f32`: REAL.
    F32,
    /// `f64`: REAL.
    F64,
    /// `String`: TEXT.
    Text,
    /// `Vec<u8>`: BLOB.
    Bytes,
    /// `[u8; N]`: BLOB of that many bytes.
    Fixed(u32),
    /// `Uuid`, `Id<T>`: BLOB of 16 bytes.
    Uuid,
    /// Microseconds since 1970-01-01 UTC: INTEGER.
    Timestamp,
    /// Days since 1970-01-01: INTEGER.
    Date,
    /// `Decimal<P, S>`: up to 18 digits the unscaled INTEGER, above it TEXT that sorts as the numbers do.
    Decimal {
        /// All digits.
        precision: u8,
        /// The digits after the point.
        scale: u8,
    },
    /// A unit enum: TEXT, its label.
    Enum,
    /// A value of serde as JSON: TEXT.
    Json,
}

/// The storage class of a column in a STRICT table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Storage {
    /// A signed 64-bit integer.
    Integer,
    /// A 64-bit float.
    Real,
    /// UTF-8 text.
    Text,
    /// Bytes.
    Blob,
}

impl Storage {
    /// The type of a column of a STRICT table for it.
    ///
    /// Floats are kept in an `ANY` column: a `REAL` one stores −0.0 as the integer 0, and loses its sign.
    pub(crate) fn column_type(self) -> &'static str {
        match self {
            Self::Real => "ANY",
            other => other.name(),
        }
    }

    /// What SQLite calls it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Integer => "INTEGER",
            Self::Real => "REAL",
            Self::Text => "TEXT",
            Self::Blob => "BLOB",
        }
    }
}

impl Kind {
    /// How SQLite stores the kind.
    #[must_use]
    pub const fn storage(self) -> Storage {
        match self {
            Self::F32 | Self::F64 => Storage::Real,
            Self::Text | Self::Enum | Self::Json => Storage::Text,
            Self::Bytes | Self::Fixed(_) | Self::Uuid => Storage::Blob,
            Self::Decimal { precision, .. } if precision > 18 => Storage::Text,
            _ => Storage::Integer,
        }
    }

    /// Whether a document can be found by a column of this kind.
    #[must_use]
    pub const fn can_be_id(self) -> bool {
        !matches!(self, Self::Bool | Self::F32 | Self::F64 | Self::Json)
    }

    /// Whether values of this kind are equal exactly when they look equal, so that they can be unique.
    #[must_use]
    pub const fn can_be_unique(self) -> bool {
        !matches!(self, Self::F32 | Self::F64 | Self::Json)
    }

    /// Whether values of this kind can be in an index.
    #[must_use]
    pub const fn can_be_indexed(self) -> bool {
        !matches!(self, Self::Json)
    }

    /// Whether the kind can count versions.
    #[must_use]
    pub const fn can_be_version(self) -> bool {
        matches!(self, Self::U32 | Self::I32 | Self::I64)
    }

    /// Whether `year`, `month` and `day` of the kind exist.
    #[must_use]
    pub const fn has_days(self) -> bool {
        matches!(self, Self::Timestamp | Self::Date)
    }

    /// Whether `hour` of the kind exists.
    #[must_use]
    pub const fn has_hours(self) -> bool {
        matches!(self, Self::Timestamp)
    }

    /// Whether the kind can be partitioned by `bucket`.
    ///
    /// Source: Apache Iceberg, table specification, "Bucket Transform Details".
    #[must_use]
    pub const fn can_bucket(self) -> bool {
        !matches!(self, Self::Bool | Self::F32 | Self::F64 | Self::Json)
    }

    /// Whether the kind can be partitioned by `truncate`.
    #[must_use]
    pub const fn can_truncate(self) -> bool {
        !matches!(
            self,
            Self::Bool
                | Self::F32
                | Self::F64
                | Self::Json
                | Self::Timestamp
                | Self::Date
                | Self::Uuid
                | Self::Fixed(_)
        )
    }

    /// Whether the kind can be partitioned by its value itself.
    #[must_use]
    pub const fn can_identity(self) -> bool {
        !matches!(self, Self::Json)
    }

    /// Whether a new column of this kind, with these labels if it is an enum, can be filled with `fill`.
    #[must_use]
    pub const fn accepts(self, labels: &[&str], fill: super::Fill) -> bool {
        match fill {
            super::Fill::Integer(value) => match self.integer_range() {
                Some((low, high)) => low <= value && value <= high,
                None => false,
            },
            super::Fill::Real(value) => matches!(self, Self::F32 | Self::F64) && !value.is_nan(),
            super::Fill::Text(label) => match self {
                Self::Text | Self::Json => true,
                Self::Enum => contains(labels, label),
                _ => false,
            },
        }
    }

    /// The least and the greatest integer of the kind; none when it is not stored as an integer.
    #[must_use]
    pub const fn integer_range(self) -> Option<(i64, i64)> {
        Some(match self {
            Self::Bool => (0, 1),
            Self::I8 => (i8::MIN as i64, i8::MAX as i64),
            Self::I16 => (i16::MIN as i64, i16::MAX as i64),
            Self::I32 | Self::Date => (i32::MIN as i64, i32::MAX as i64),
            Self::U8 => (0, u8::MAX as i64),
            Self::U16 => (0, u16::MAX as i64),
            Self::U32 => (0, u32::MAX as i64),
            Self::I64 | Self::Timestamp => (i64::MIN, i64::MAX),
            Self::Decimal { precision, .. } if precision <= 18 => {
                let most = 10i64.pow(precision as u32) - 1;
                (-most, most)
            }
            _ => return None,
        })
    }
}

/// Whether `labels` holds `label`, in a constant.
const fn contains(labels: &[&str], label: &str) -> bool {
    let mut at = 0;
    while at < labels.len() {
        if same(labels[at].as_bytes(), label.as_bytes()) {
            return true;
        }
        at += 1;
    }
    false
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    let mut at = 0;
    while at < a.len() && at < b.len() && a[at] == b[at] {
        at += 1;
    }
    at == a.len() && at == b.len()
}
