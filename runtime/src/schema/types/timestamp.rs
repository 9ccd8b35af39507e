//! `Timestamp`: a moment, in microseconds since 1970-01-01 00:00:00 UTC.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use crate::{
    schema::{Column, Kind, column::integer},
    value::{RowBuf, ValueError, ValueRef},
};

/// A moment in microseconds since 1970-01-01 00:00:00 UTC, leap seconds not counted.
///
/// As text, and in serde, it is RFC 3339; a moment outside of the years −9999 to 9999, which RFC 3339 cannot say, is
/// its number of microseconds.
///
/// ```
/// # use terrace::prelude::*;
/// let noon: Timestamp = "2013-01-01T12:00:00Z".parse()?;
/// assert_eq!(noon, Timestamp::from_micros(1_357_041_600_000_000));
/// assert_eq!(noon.to_string(), "2013-01-01T12:00:00Z");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The moment this many microseconds after 1970-01-01 00:00:00 UTC.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since 1970-01-01 00:00:00 UTC.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// The present moment, by this machine's clock; in a Durable Object that of the last input or output.
    #[must_use]
    pub fn now() -> Self {
        Self(now())
    }
}

#[cfg(not(target_family = "wasm"))]
fn now() -> i64 {
    use std::time::{SystemTime, UNIX_EPOCH};

    let micros = match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_micros()),
        Err(before) => i64::try_from(before.duration().as_micros()).map(|micros| -micros),
    };
    micros.unwrap_or(i64::MAX)
}

#[cfg(target_family = "wasm")]
#[allow(clippy::cast_possible_truncation)] // JavaScript counts whole milliseconds, up to 8.64e15 of them
fn now() -> i64 {
    (js_sys::Date::now() as i64).saturating_mul(1_000)
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(moment) => moment.fmt(f),
            Err(_) => self.0.fmt(f),
        }
    }
}

impl FromStr for Timestamp {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        match text.parse::<jiff::Timestamp>() {
            Ok(moment) => moment.try_into(),
            Err(_) => text
                .parse()
                .map(Self)
                .map_err(|_| ValueError::OutOfRange { value: text.to_owned(), kind: "Timestamp" }),
        }
    }
}

impl TryFrom<jiff::Timestamp> for Timestamp {
    type Error = ValueError;

    fn try_from(moment: jiff::Timestamp) -> Result<Self, ValueError> {
        if moment.subsec_nanosecond() % 1_000 == 0 {
            Ok(Self(moment.as_microsecond()))
        } else {
            Err(ValueError::TooPrecise { value: moment.to_string(), unit: "a microsecond" })
        }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

#[diagnostic::do_not_recommend]
impl Column for Timestamp {
    type Base = Self;
    const KIND: Kind = Kind::Timestamp;
    const NULLABLE: bool = false;

    fn store(&self, row: &mut RowBuf) -> Result<(), ValueError> {
        row.push(ValueRef::Integer(self.0))
    }

    #[inline]
    fn load(value: ValueRef<'_>) -> Result<Self, ValueError> {
        integer(value, "microseconds since 1970").map(Self)
    }
}
