//! The mapping to VRTX: one column of the format for one of the collection.

use crate::vortex::DataType;

use super::Kind;

/// What the column of a collection is in VRTX. Labels and JSON are texts.
impl From<Kind> for DataType {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Bool => Self::Bool,
            Kind::I8 => Self::I8,
            Kind::I16 => Self::I16,
            Kind::I32 => Self::I32,
            Kind::U8 => Self::U8,
            Kind::U16 => Self::U16,
            Kind::U32 => Self::U32,
            Kind::I64 => Self::I64,
            Kind::F32 => Self::F32,
            Kind::F64 => Self::F64,
            Kind::Text | Kind::Enum | Kind::Json => Self::Text,
            Kind::Bytes => Self::Bytes,
            Kind::Fixed(length) => Self::Fixed(length),
            Kind::Uuid => Self::Uuid,
            Kind::Timestamp => Self::Timestamp,
            Kind::Date => Self::Date,
            Kind::Decimal { precision, scale } => Self::Decimal { precision, scale },
        }
    }
}
