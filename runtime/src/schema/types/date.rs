//! `Date`: a day of the calendar, in days since 1970-01-01.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use crate::{
    schema::{
        Column, Kind,
        column::{integer, out_of_range},
    },
    value::{RowBuf, ValueError, ValueRef},
};

/// A day of the proleptic Gregorian calendar, in days since 1970-01-01.
///
/// As text, and in serde, it is `YYYY-MM-DD`; a day outside of the years −9999 to 9999 is its number.
///
/// ```
/// # use terrace::prelude::*;
/// let day: Date = "2013-01-01".parse()?;
/// assert_eq!(day, Date::from_days(15_706));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(i32);

const EPOCH: jiff::civil::Date = jiff::civil::date(1970, 1, 1);

impl Date {
    /// The day this many days after 1970-01-01.
    #[must_use]
    pub const fn from_days(days: i32) -> Self {
        Self(days)
    }

    /// Days since 1970-01-01.
    #[must_use]
    pub const fn days(self) -> i32 {
        self.0
    }
}

impl From<jiff::civil::Date> for Date {
    fn from(day: jiff::civil::Date) -> Self {
        // A span of days between two days that jiff can hold has fewer than 2^23 days.
        Self(day.since((jiff::Unit::Day, EPOCH)).map_or(0, |span| span.get_days()))
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match EPOCH.checked_add(jiff::SignedDuration::from_hours(i64::from(self.0) * 24)) {
            Ok(day) => day.fmt(f),
            Err(_) => self.0.fmt(f),
        }
    }
}

impl FromStr for Date {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        match text.parse::<jiff::civil::Date>() {
            Ok(day) => Ok(day.into()),
            Err(_) => text.parse().map(Self).map_err(|_| out_of_range(text, "Date")),
        }
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

#[diagnostic::do_not_recommend]
impl Column for Date {
    type Base = Self;
    const KIND: Kind = Kind::Date;
    const NULLABLE: bool = false;

    fn store(&self, row: &mut RowBuf) -> Result<(), ValueError> {
        row.push(ValueRef::Integer(self.0.into()))
    }

    fn load(value: ValueRef<'_>) -> Result<Self, ValueError> {
        let days = integer(value, "days since 1970")?;
        i32::try_from(days).map(Self).map_err(|_| out_of_range(days, "Date"))
    }
}
