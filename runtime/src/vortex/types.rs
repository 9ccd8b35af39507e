//! The types of columns.

use crate::bytes::Reader;

use super::error::{Outcome, VrtxError};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DataType {
    /// `bool`.
    Bool,
    /// `i8`.
    I8,
    /// `i16`.
    I16,
    /// `i32`.
    I32,
    /// `i64`.
    I64,
    /// `u8`.
    U8,
    /// `u16`.
    U16,
    /// `u32`.
    U32,
    /// `f32`, bit for bit.
    F32,
    /// `f64`, bit for bit.
    F64,
    /// UTF-8 text.
    Text,
    /// Bytes.
    Bytes,
    /// Bytes of one length.
    Fixed(u32),
    /// 16 bytes that are an id.
    Uuid,
    /// Microseconds since 1970-01-01 UTC.
    Timestamp,
    /// Days since 1970-01-01.
    Date,
    /// An exact number: unscaled, with `precision` digits, of which `scale` are after the point.
    Decimal {
        /// All digits, 1 to 38.
        precision: u8,
        /// The digits after the point, at most `precision`.
        scale: u8,
    },
}

/// How values of a type are kept and encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Bool,
    Int,
    F32,
    F64,
    /// Bytes of any length.
    Bytes,
    /// 16 bytes, or an integer of 128 bits.
    Wide,
}

impl DataType {
    /// How its values are kept.
    pub(crate) fn shape(self) -> Shape {
        match self {
            Self::Bool => Shape::Bool,
            Self::F32 => Shape::F32,
            Self::F64 => Shape::F64,
            Self::Uuid | Self::Fixed(16) => Shape::Wide,
            Self::Text | Self::Bytes | Self::Fixed(_) => Shape::Bytes,
            Self::Decimal { precision, .. } if precision > 18 => Shape::Wide,
            _ => Shape::Int,
        }
    }

    /// The bytes of each value of a type of bytes of one length.
    pub(crate) fn fixed_length(self) -> Option<usize> {
        match self {
            Self::Fixed(length) => Some(length as usize),
            Self::Uuid => Some(16),
            _ => None,
        }
    }

    /// The digits of a decimal; 0 of other types.
    pub(crate) fn precision(self) -> u8 {
        match self {
            Self::Decimal { precision, .. } => precision,
            _ => 0,
        }
    }

    /// Whether it is an integer of the type.
    pub(crate) fn holds(self, value: i64) -> bool {
        let (least, greatest) = match self {
            Self::I8 => (i64::from(i8::MIN), i64::from(i8::MAX)),
            Self::I16 => (i64::from(i16::MIN), i64::from(i16::MAX)),
            Self::I32 | Self::Date => (i64::from(i32::MIN), i64::from(i32::MAX)),
            Self::U8 => (0, i64::from(u8::MAX)),
            Self::U16 => (0, i64::from(u16::MAX)),
            Self::U32 => (0, i64::from(u32::MAX)),
            Self::Decimal { precision: precision @ ..=18, .. } => {
                let greatest = 10i64.pow(u32::from(precision)) - 1;
                (-greatest, greatest)
            }
            _ => (i64::MIN, i64::MAX),
        };
        (least..=greatest).contains(&value)
    }

    /// Whether it is an id, or a decimal of no more digits than the type has.
    pub(crate) fn holds_wide(self, value: i128) -> bool {
        match self {
            Self::Decimal { precision, .. } => value.unsigned_abs() < 10u128.pow(u32::from(precision)),
            _ => true,
        }
    }

    /// Whether they are a blob of the type.
    pub(crate) fn holds_bytes(self, bytes: &[u8]) -> bool {
        match self {
            Self::Bytes => true,
            Self::Fixed(length) => bytes.len() == length as usize,
            _ => false,
        }
    }

    fn code(self) -> u8 {
        match self {
            Self::Bool => 0,
            Self::I8 => 1,
            Self::I16 => 2,
            Self::I32 => 3,
            Self::I64 => 4,
            Self::U8 => 5,
            Self::U16 => 6,
            Self::U32 => 7,
            Self::F32 => 8,
            Self::F64 => 9,
            Self::Text => 10,
            Self::Bytes => 11,
            Self::Fixed(_) => 12,
            Self::Uuid => 13,
            Self::Timestamp => 14,
            Self::Date => 15,
            Self::Decimal { .. } => 16,
        }
    }

    /// The type's number, with the highest bit set where NULL is allowed.
    pub(crate) fn byte(self, nullable: bool) -> u8 {
        self.code() | if nullable { 0x80 } else { 0 }
    }

    /// Appends what the number alone does not say.
    pub(crate) fn put_parameters(self, to: &mut Vec<u8>) {
        match self {
            Self::Fixed(length) => to.extend(length.to_le_bytes()),
            Self::Decimal { precision, scale } => to.extend([precision, scale]),
            _ => {}
        }
    }

    /// The type of this number, and whether it may be NULL; its parameters are taken from `from`.
    pub(crate) fn parse(byte: u8, from: &mut Reader<'_>) -> Outcome<(Self, bool)> {
        let data_type = match byte & 0x7F {
            0 => Self::Bool,
            1 => Self::I8,
            2 => Self::I16,
            3 => Self::I32,
            4 => Self::I64,
            5 => Self::U8,
            6 => Self::U16,
            7 => Self::U32,
            8 => Self::F32,
            9 => Self::F64,
            10 => Self::Text,
            11 => Self::Bytes,
            12 => Self::Fixed(u32::from_le_bytes(from.array()?)),
            13 => Self::Uuid,
            14 => Self::Timestamp,
            15 => Self::Date,
            16 => {
                let [precision, scale] = from.array()?;
                if precision == 0 || precision > 38 || scale > precision {
                    return Err(VrtxError::Damaged("a decimal has an impossible precision"));
                }
                Self::Decimal { precision, scale }
            }
            _ => return Err(VrtxError::Damaged("a type is unknown")),
        };
        Ok((data_type, byte & 0x80 != 0))
    }
}
