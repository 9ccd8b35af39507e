//! Values as they compare, whatever type and bytes they have: of a filter, of statistics in files and in manifests.
//!
//! Source: Parquet, "Statistics" and `parquet.thrift`, `ColumnOrder`; Iceberg, Appendix D, "Binary single-value serialization".

use std::cmp::Ordering;

use parquet::basic::Type as Physical;

use super::super::iceberg::Type;

/// A value as it compares.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Scalar {
    /// A boolean, an integer, a date, a time, a moment; of a decimal, the unscaled number.
    Int(i128),
    /// A float; never NaN.
    Real(f64),
    /// A text, a UUID, a blob.
    Bytes(Vec<u8>),
}

/// The three ways in which values compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Int,
    Real,
    Bytes,
}

impl Order {
    /// How the values of a column compare.
    pub(super) fn of(kind: &Type) -> Self {
        match kind {
            Type::Float | Type::Double => Self::Real,
            Type::String | Type::Uuid | Type::Fixed(_) | Type::Binary | Type::Other(_) => Self::Bytes,
            _ => Self::Int,
        }
    }
}

impl Scalar {
    /// The order of two values, if they are of one kind. `-0.0` is `0.0`.
    pub(super) fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => Some(a.cmp(b)),
            (Self::Real(a), Self::Real(b)) => a.partial_cmp(b),
            (Self::Bytes(a), Self::Bytes(b)) => Some(a.cmp(b)),
            _ => None,
        }
    }

    /// The order of two bounds: that of `compare`, and `-0.0` is below `0.0`.
    pub(super) fn total_order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Real(a), Self::Real(b)) => a.total_cmp(b),
            _ => self.compare(other).unwrap_or(Ordering::Equal),
        }
    }

    /// A value of a column of type `kind` in the plain encoding of Parquet; none where it is not one.
    pub(super) fn of_parquet(kind: &Type, physical: Physical, bytes: &[u8]) -> Option<Self> {
        match (Order::of(kind), physical) {
            (Order::Int, Physical::BOOLEAN) => match bytes {
                [bit @ (0 | 1)] => Some(Self::Int(i128::from(*bit))),
                _ => None,
            },
            (Order::Int, Physical::INT32) => int32(bytes),
            (Order::Int, Physical::INT64) => int64(bytes),
            (Order::Int, Physical::FIXED_LEN_BYTE_ARRAY | Physical::BYTE_ARRAY) => {
                big_endian(bytes).map(Self::Int)
            }
            (Order::Real, Physical::FLOAT) => float(bytes),
            (Order::Real, Physical::DOUBLE) => double(bytes),
            (Order::Bytes, Physical::FIXED_LEN_BYTE_ARRAY | Physical::BYTE_ARRAY) => {
                Some(Self::Bytes(bytes.to_vec()))
            }
            _ => None,
        }
    }

    /// A value of a column that is now of type `kind`, in the binary form of Iceberg; it may have been narrower then.
    pub(super) fn of_iceberg(kind: &Type, bytes: &[u8]) -> Option<Self> {
        match (Order::of(kind), bytes.len()) {
            (Order::Int, _) if matches!(kind, Type::Decimal { .. }) => big_endian(bytes).map(Self::Int),
            (Order::Int, 1) => Some(Self::Int(i128::from(bytes[0] != 0))),
            (Order::Int, 4) => int32(bytes),
            (Order::Int, _) => int64(bytes),
            (Order::Real, 4) => float(bytes),
            (Order::Real, _) => double(bytes),
            (Order::Bytes, _) => Some(Self::Bytes(bytes.to_vec())),
        }
    }

    /// The binary form of Iceberg; none where the value is not one of the type.
    pub(super) fn to_iceberg(&self, kind: &Type) -> Option<Vec<u8>> {
        Some(match (self, kind) {
            (Self::Int(value), Type::Boolean) => vec![u8::from(*value != 0)],
            (Self::Int(value), Type::Int | Type::Date) => i32::try_from(*value).ok()?.to_le_bytes().to_vec(),
            (Self::Int(value), Type::Decimal { .. }) => minimal_big_endian(*value),
            (Self::Int(value), _) => i64::try_from(*value).ok()?.to_le_bytes().to_vec(),
            #[allow(clippy::cast_possible_truncation)] // it was an f32 before
            (Self::Real(value), Type::Float) => (*value as f32).to_le_bytes().to_vec(),
            (Self::Real(value), _) => value.to_le_bytes().to_vec(),
            (Self::Bytes(bytes), _) => bytes.clone(),
        })
    }
}

fn int32(bytes: &[u8]) -> Option<Scalar> {
    Some(Scalar::Int(i32::from_le_bytes(bytes.try_into().ok()?).into()))
}

fn int64(bytes: &[u8]) -> Option<Scalar> {
    Some(Scalar::Int(i64::from_le_bytes(bytes.try_into().ok()?).into()))
}

fn float(bytes: &[u8]) -> Option<Scalar> {
    real(f32::from_le_bytes(bytes.try_into().ok()?).into())
}

fn double(bytes: &[u8]) -> Option<Scalar> {
    real(f64::from_le_bytes(bytes.try_into().ok()?))
}

/// NaN bounds nothing.
fn real(value: f64) -> Option<Scalar> {
    (!value.is_nan()).then_some(Scalar::Real(value))
}

/// A number in two's complement, the highest byte first.
fn big_endian(bytes: &[u8]) -> Option<i128> {
    let first = *bytes.first()?;
    let mut all = [if first & 0x80 == 0 { 0 } else { 0xFF }; 16];
    all[16usize.checked_sub(bytes.len())?..].copy_from_slice(bytes);
    Some(i128::from_be_bytes(all))
}

/// The fewest bytes of two's complement that say the number, the highest first.
fn minimal_big_endian(value: i128) -> Vec<u8> {
    let sign_bits = if value < 0 { value.leading_ones() } else { value.leading_zeros() };
    let redundant = (sign_bits as usize - 1) / 8;
    value.to_be_bytes()[redundant..].to_vec()
}
