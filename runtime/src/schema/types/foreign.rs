//! The moments of `jiff` and `chrono` as columns.
//!
//! Both count nanoseconds. A column counts microseconds, so a finer value is refused rather than cut (invariant 7).

use crate::{
    schema::{
        Column, Kind,
        column::{integer, out_of_range},
    },
    value::{RowBuf, ValueError, ValueRef},
};

use super::Timestamp;

#[diagnostic::do_not_recommend]
impl Column for jiff::Timestamp {
    type Base = Self;
    const KIND: Kind = Kind::Timestamp;
    const NULLABLE: bool = false;

    fn store(&self, row: &mut RowBuf) -> Result<(), ValueError> {
        Column::store(&Timestamp::try_from(*self)?, row)
    }

    fn load(value: ValueRef<'_>) -> Result<Self, ValueError> {
        let micros = integer(value, "microseconds since 1970")?;
        Self::from_microsecond(micros).map_err(|_| out_of_range(micros, "jiff::Timestamp"))
    }
}

#[cfg(feature = "chrono")]
#[diagnostic::do_not_recommend]
impl Column for chrono::DateTime<chrono::Utc> {
    type Base = Self;
    const KIND: Kind = Kind::Timestamp;
    const NULLABLE: bool = false;

    fn store(&self, row: &mut RowBuf) -> Result<(), ValueError> {
        if self.timestamp_subsec_nanos().is_multiple_of(1_000) {
            row.push(ValueRef::Integer(self.timestamp_micros()))
        } else {
            Err(ValueError::TooPrecise { value: self.to_rfc3339(), unit: "a microsecond" })
        }
    }

    fn load(value: ValueRef<'_>) -> Result<Self, ValueError> {
        let micros = integer(value, "microseconds since 1970")?;
        Self::from_timestamp_micros(micros).ok_or_else(|| out_of_range(micros, "chrono::DateTime<Utc>"))
    }
}
