//! The text of days and moments.

use crate::calendar::civil;

/// Microseconds in an hour, and in a day.
pub(super) const HOUR: i64 = 3_600_000_000;
pub(super) const DAY: i64 = 24 * HOUR;

/// `YYYY-MM-DD`.
pub(super) fn day_text(days: i64) -> String {
    let (year, month, day) = civil(days);
    format!("{year:04}-{month:02}-{day:02}")
}

/// `HH:MM:SS.ffffff` of microseconds since midnight, without zeros at the end.
pub(super) fn time_text(micros: i64) -> String {
    let (seconds, rest) = (micros / 1_000_000, micros % 1_000_000);
    let whole = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    if rest == 0 { whole } else { format!("{whole}.{rest:06}").trim_end_matches('0').to_owned() }
}
