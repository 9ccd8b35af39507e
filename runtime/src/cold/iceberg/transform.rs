//! Transforms: what a partition is made of a column.

use std::{fmt, str::FromStr};

use crate::calendar::civil;

use super::{
    Datum, IcebergError, Type,
    calendar::{DAY, HOUR},
    error::Outcome,
    value::{least_bytes, mismatch},
};

/// How the value of a partition follows from that of a column.
///
/// Source: Iceberg, "Partition Transforms", and Appendix B for the hash of `bucket`. NULL gives NULL.
///
/// ```
/// # use terrace::cold::iceberg::{Datum, Transform};
/// let transform: Transform = "truncate[10]".parse()?;
/// assert_eq!(transform.apply(Some(&Datum::Int(-1)))?, Some(Datum::Int(-10)));
/// # Ok::<(), terrace::cold::iceberg::IcebergError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transform {
    /// The value itself.
    Identity,
    /// A number below so many, by a hash.
    Bucket(u32),
    /// The beginning of a text; the greatest multiple that is not above a number.
    Truncate(u32),
    /// Years since 1970.
    Year,
    /// Months since 1970-01.
    Month,
    /// Days since 1970-01-01.
    Day,
    /// Hours since 1970-01-01 00:00.
    Hour,
    /// Always NULL: a field that was taken out of the partition.
    Void,
}

impl fmt::Display for Transform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Identity => f.write_str("identity"),
            Self::Bucket(count) => write!(f, "bucket[{count}]"),
            Self::Truncate(width) => write!(f, "truncate[{width}]"),
            Self::Year => f.write_str("year"),
            Self::Month => f.write_str("month"),
            Self::Day => f.write_str("day"),
            Self::Hour => f.write_str("hour"),
            Self::Void => f.write_str("void"),
        }
    }
}

impl FromStr for Transform {
    type Err = IcebergError;

    fn from_str(text: &str) -> Result<Self, IcebergError> {
        let argument = |name: &str| {
            let number =
                text.strip_prefix(name)?.strip_prefix('[')?.strip_suffix(']')?.trim().parse().ok()?;
            (1..=i32::MAX.cast_unsigned()).contains(&number).then_some(number)
        };
        Ok(match text {
            "identity" => Self::Identity,
            "year" => Self::Year,
            "month" => Self::Month,
            "day" => Self::Day,
            "hour" => Self::Hour,
            "void" => Self::Void,
            _ => match (argument("bucket"), argument("truncate")) {
                (Some(count), _) => Self::Bucket(count),
                (_, Some(width)) => Self::Truncate(width),
                _ => return Err(IcebergError::unsupported(format!("the transform `{text}`"))),
            },
        })
    }
}

impl Transform {
    /// The type of a partition that is made from a column of type `source`; none when it cannot be made from such.
    #[must_use]
    pub fn result_type(self, source: &Type) -> Option<Type> {
        let is_date = matches!(source, Type::Date);
        let is_moment = matches!(source, Type::Timestamp | Type::Timestamptz);
        match self {
            Self::Void => Some(source.clone()),
            Self::Identity => (!matches!(source, Type::Other(_))).then(|| source.clone()),
            Self::Bucket(_) => can_bucket(source).then_some(Type::Int),
            Self::Truncate(_) => can_truncate(source).then(|| source.clone()),
            Self::Year | Self::Month => (is_date || is_moment).then_some(Type::Int),
            // The specification lets a reader take an int for it; the reference implementation writes a date.
            Self::Day => (is_date || is_moment).then_some(Type::Date),
            Self::Hour => is_moment.then_some(Type::Int),
        }
    }

    /// The value of the partition.
    ///
    /// # Errors
    /// There is no such transform of this type of value.
    pub fn apply(self, value: Option<&Datum>) -> Result<Option<Datum>, IcebergError> {
        let Some(value) = value else { return Ok(None) };
        Ok(Some(match self {
            Self::Void => return Ok(None),
            Self::Identity => value.clone(),
            Self::Bucket(count) => Datum::Int(bucket(hash(value)?, count)),
            Self::Truncate(width) => truncate(value, width)?,
            Self::Year => Datum::Int(of_day(value, |days| civil(days).0 - 1970)?),
            Self::Month => Datum::Int(of_day(value, months)?),
            Self::Day => Datum::Date(of_day(value, |days| days)?),
            Self::Hour => match value {
                Datum::Timestamp(micros) => Datum::Int(clamp(micros.div_euclid(HOUR))),
                other => return no_transform(self, other),
            },
        }))
    }
}

fn can_bucket(source: &Type) -> bool {
    !matches!(source, Type::Boolean | Type::Float | Type::Double | Type::Other(_))
}

fn can_truncate(source: &Type) -> bool {
    matches!(source, Type::Int | Type::Long | Type::Decimal { .. } | Type::String | Type::Binary)
}

fn no_transform<T>(transform: impl fmt::Display, value: &Datum) -> Outcome<T> {
    Err(IcebergError::unsupported(format!("the transform `{transform}` of {value:?}")))
}

/// The hash of a value.
fn hash(value: &Datum) -> Outcome<u32> {
    let bytes = match value {
        // as longs, so that a column of ints can be widened
        Datum::Int(value) | Datum::Date(value) => i64::from(*value).to_le_bytes().to_vec(),
        Datum::Decimal(value) => least_bytes(*value),
        Datum::Bool(_) | Datum::Float(_) | Datum::Double(_) => return no_transform("bucket", value),
        other => other.to_bytes(),
    };
    murmur3::murmur3_32(&mut bytes.as_slice(), 0).map_err(|error| IcebergError::damaged(error.to_string()))
}

fn bucket(hash: u32, count: u32) -> i32 {
    (hash & 0x7fff_ffff).checked_rem(count).map_or(0, u32::cast_signed)
}

/// The greatest multiple of the width that is not above a number, the beginning of everything else.
fn truncate(value: &Datum, width: u32) -> Outcome<Datum> {
    let length = usize::try_from(width).unwrap_or(usize::MAX);
    Ok(match value {
        // below the least multiple numbers wrap around, as in the reference implementation
        Datum::Int(value) => {
            let rest = i64::from(*value).rem_euclid(i64::from(width));
            Datum::Int(value.wrapping_sub(i32::try_from(rest).unwrap_or_default()))
        }
        Datum::Long(value) => Datum::Long(value.wrapping_sub(value.rem_euclid(i64::from(width)))),
        Datum::Decimal(value) => Datum::Decimal(value.wrapping_sub(value.rem_euclid(i128::from(width)))),
        text @ (Datum::String(_) | Datum::Binary(_)) => text.truncate_lower(length),
        other => return no_transform(Transform::Truncate(width), other),
    })
}

/// What `count` says of the day of a date or a moment.
fn of_day(value: &Datum, count: impl Fn(i64) -> i64) -> Outcome<i32> {
    match value {
        Datum::Date(days) => Ok(clamp(count(i64::from(*days)))),
        Datum::Timestamp(micros) => Ok(clamp(count(micros.div_euclid(DAY)))),
        other => mismatch(&Type::Date, other),
    }
}

fn months(days: i64) -> i64 {
    let (year, month, _) = civil(days);
    (year - 1970) * 12 + month - 1
}

/// Hours reach beyond an int in the year 246,953; there every moment is in the last one.
fn clamp(number: i64) -> i32 {
    i32::try_from(number).unwrap_or(if number < 0 { i32::MIN } else { i32::MAX })
}
