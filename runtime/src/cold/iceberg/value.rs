//! Single values, bounds and partitions, and their binary form.

use serde::{Deserialize, Serialize};

use super::{IcebergError, Type, error::Outcome};

/// A value of a column or of a partition.
///
/// Equality is that of Rust: NaN is not equal to itself, and −0.0 is equal to 0.0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Datum {
    /// Of `boolean`.
    Bool(bool),
    /// Of `int`.
    Int(i32),
    /// Of `long`.
    Long(i64),
    /// Of `float`. Serialised as its bits, so that JSON can hold each of them.
    Float(#[serde(with = "float_bits")] f32),
    /// Of `double`. Serialised as its bits.
    Double(#[serde(with = "double_bits")] f64),
    /// Of `decimal`, unscaled. Serialised as text.
    Decimal(#[serde(with = "digits")] i128),
    /// Of `date`, days since 1970-01-01.
    Date(i32),
    /// Of `time`, microseconds since midnight.
    Time(i64),
    /// Of `timestamp` and `timestamptz`, microseconds since 1970.
    Timestamp(i64),
    /// Of `string`.
    String(String),
    /// Of `uuid`.
    Uuid([u8; 16]),
    /// Of `fixed` and `binary`.
    Binary(Vec<u8>),
}

impl Datum {
    /// The binary form of a single value, which bounds have.
    ///
    /// Source: Iceberg, Appendix D, "Binary single-value serialization".
    ///
    /// ```
    /// # use terrace::cold::iceberg::Datum;
    /// assert_eq!(Datum::Int(5).to_bytes(), [5, 0, 0, 0]);
    /// assert_eq!(Datum::Decimal(-129).to_bytes(), [0xff, 0x7f]);
    /// ```
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Bool(value) => vec![u8::from(*value)],
            Self::Int(value) | Self::Date(value) => value.to_le_bytes().to_vec(),
            Self::Long(value) | Self::Time(value) | Self::Timestamp(value) => value.to_le_bytes().to_vec(),
            Self::Float(value) => value.to_le_bytes().to_vec(),
            Self::Double(value) => value.to_le_bytes().to_vec(),
            Self::Decimal(value) => least_bytes(*value),
            Self::String(value) => value.as_bytes().to_vec(),
            Self::Uuid(value) => value.to_vec(),
            Self::Binary(value) => value.clone(),
        }
    }

    /// The value of type `kind` that has this binary form, also if it was written before the column was widened.
    ///
    /// # Errors
    /// The bytes are no value of the type; a type that this library does not know.
    pub fn from_bytes(kind: &Type, bytes: &[u8]) -> Result<Self, IcebergError> {
        let mismatch = || IcebergError::damaged(format!("{} bytes are no value of type {kind}", bytes.len()));
        let value = match kind {
            Type::Boolean => match bytes {
                [byte] => Some(Self::Bool(*byte != 0)),
                _ => None,
            },
            Type::Int => int(bytes).map(Self::Int),
            Type::Long => long(bytes).map(Self::Long),
            Type::Float => array(bytes).map(|bytes| Self::Float(f32::from_le_bytes(bytes))),
            Type::Double => double(bytes).map(Self::Double),
            Type::Decimal { .. } => decimal(bytes).map(Self::Decimal),
            Type::Date => int(bytes).map(Self::Date),
            Type::Time => long(bytes).map(Self::Time),
            Type::Timestamp | Type::Timestamptz => long(bytes).map(Self::Timestamp),
            Type::String => std::str::from_utf8(bytes).ok().map(|text| Self::String(text.to_owned())),
            Type::Uuid => array(bytes).map(Self::Uuid),
            Type::Fixed(length) => {
                (usize::try_from(*length) == Ok(bytes.len())).then(|| Self::Binary(bytes.to_vec()))
            }
            Type::Binary => Some(Self::Binary(bytes.to_vec())),
            Type::Other(other) => return Err(IcebergError::unsupported(format!("values of type {other}"))),
        };
        value.ok_or_else(mismatch)
    }

    /// The value as one of type `kind`: as it is, or as the specification widens it. None when it is not such a value.
    #[must_use]
    pub fn cast(self, kind: &Type) -> Option<Self> {
        Some(match (self, kind) {
            (Self::Int(value), Type::Long) => Self::Long(value.into()),
            (Self::Int(value), Type::Date) => Self::Date(value),
            (Self::Date(value), Type::Int) => Self::Int(value),
            (Self::Long(value), Type::Timestamp | Type::Timestamptz) => Self::Timestamp(value),
            (Self::Long(value), Type::Time) => Self::Time(value),
            (Self::Float(value), Type::Double) => Self::Double(value.into()),
            (Self::Binary(bytes), Type::Uuid) => Self::Uuid(array(&bytes)?),
            (value, kind) if value.is_like(kind) => value,
            _ => return None,
        })
    }

    /// Whether it is a value of this type.
    #[must_use]
    pub fn is_of(&self, kind: &Type) -> bool {
        let has_digits = match (self, kind) {
            (Self::Decimal(value), Type::Decimal { precision, .. }) => {
                10u128.checked_pow(u32::from(*precision)).is_none_or(|above| value.unsigned_abs() < above)
            }
            _ => true,
        };
        has_digits && self.is_like(kind)
    }

    /// Whether it is a value of this type, or a decimal of more digits: what truncating makes of the least ones has one more.
    pub(super) fn is_like(&self, kind: &Type) -> bool {
        match (self, kind) {
            (Self::Bool(_), Type::Boolean)
            | (Self::Int(_), Type::Int)
            | (Self::Long(_), Type::Long)
            | (Self::Float(_), Type::Float)
            | (Self::Double(_), Type::Double)
            | (Self::Date(_), Type::Date)
            | (Self::Time(_), Type::Time)
            | (Self::Timestamp(_), Type::Timestamp | Type::Timestamptz)
            | (Self::String(_), Type::String)
            | (Self::Uuid(_), Type::Uuid)
            | (Self::Decimal(_), Type::Decimal { .. })
            | (Self::Binary(_), Type::Binary) => true,
            (Self::Binary(bytes), Type::Fixed(length)) => usize::try_from(*length) == Ok(bytes.len()),
            _ => false,
        }
    }
}

/// The two's complement of a number in as few bytes as hold it, the greatest first.
pub(super) fn least_bytes(value: i128) -> Vec<u8> {
    let bytes = value.to_be_bytes();
    let sign = if value < 0 { 0xff } else { 0 };
    let superfluous =
        bytes.windows(2).take_while(|pair| pair[0] == sign && (pair[1] ^ sign) & 0x80 == 0).count();
    bytes[superfluous..].to_vec()
}

/// The number of a two's complement, the greatest byte first.
pub(super) fn decimal(bytes: &[u8]) -> Option<i128> {
    let negative = bytes.first()? & 0x80 != 0;
    let mut whole = [if negative { 0xff } else { 0 }; 16];
    let start = 16usize.checked_sub(bytes.len())?;
    whole[start..].copy_from_slice(bytes);
    Some(i128::from_be_bytes(whole))
}

fn array<const N: usize>(bytes: &[u8]) -> Option<[u8; N]> {
    bytes.try_into().ok()
}

fn int(bytes: &[u8]) -> Option<i32> {
    array(bytes).map(i32::from_le_bytes)
}

fn long(bytes: &[u8]) -> Option<i64> {
    array(bytes).map(i64::from_le_bytes).or_else(|| int(bytes).map(i64::from))
}

fn double(bytes: &[u8]) -> Option<f64> {
    let of_float = || array(bytes).map(|bytes| f32::from_le_bytes(bytes).into());
    array(bytes).map(f64::from_le_bytes).or_else(of_float)
}

/// The error of a value that a type does not hold.
pub(super) fn mismatch<T>(kind: &Type, value: &Datum) -> Outcome<T> {
    Err(IcebergError::Mismatch { kind: kind.to_string(), value: format!("{value:?}") })
}

mod float_bits {
    use serde::{Deserialize, Deserializer, Serializer};

    #[allow(clippy::trivially_copy_pass_by_ref)] // serde's signature
    pub(super) fn serialize<S: Serializer>(value: &f32, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u32(value.to_bits())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<f32, D::Error> {
        u32::deserialize(from).map(f32::from_bits)
    }
}

mod double_bits {
    use serde::{Deserialize, Deserializer, Serializer};

    #[allow(clippy::trivially_copy_pass_by_ref)] // serde's signature
    pub(super) fn serialize<S: Serializer>(value: &f64, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(value.to_bits())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
        u64::deserialize(from).map(f64::from_bits)
    }
}

mod digits {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    #[allow(clippy::trivially_copy_pass_by_ref)] // serde's signature
    pub(super) fn serialize<S: Serializer>(value: &i128, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(value)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<i128, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}
