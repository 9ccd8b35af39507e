//! Values on their way to JavaScript and back, bit for bit (invariant 7).

use crate::{
    schema::{ColumnDef, Kind, Storage, quote},
    value::{ValueError, ValueRef},
};

use super::crossing::{JsRef, Packed};

/// Every integer up to this one, of either sign, is a double.
const SAFE: i64 = (1 << 53) - 1;

/// Up to how many bytes a blob comes in hexadecimal digits.
const SHORT: u32 = 64;

/// Adds a value as it is bound. SQLite makes an integer of a REAL, or of a text, where the column has INTEGER affinity.
#[allow(clippy::cast_precision_loss)] // only of integers that lose nothing
pub(super) fn encode(value: ValueRef<'_>, packed: &mut Packed) {
    match value {
        ValueRef::Null => packed.push(JsRef::Null),
        ValueRef::Integer(integer) if (-SAFE..=SAFE).contains(&integer) => {
            packed.push(JsRef::Number(integer as f64));
        }
        ValueRef::Integer(integer) => packed.push(JsRef::Text(&integer.to_string())),
        ValueRef::Real(real) => packed.push(JsRef::Number(real)),
        ValueRef::Text(text) => packed.push(JsRef::Text(text)),
        ValueRef::Blob(bytes) => packed.push(JsRef::Blob(bytes)),
    }
}

/// A column in a SELECT: an integer that no double holds comes as text, and a short blob of one length in hexadecimal
/// digits, which takes a fifth less time to read than an `ArrayBuffer`.
pub(super) fn selected(column: &ColumnDef) -> String {
    let name = quote(column.name);
    match column.kind {
        Kind::I64 | Kind::Timestamp | Kind::Decimal { .. } if column.kind.storage() == Storage::Integer => {
            format!("CASE WHEN {name} BETWEEN -{SAFE} AND {SAFE} THEN {name} ELSE CAST({name} AS TEXT) END")
        }
        Kind::Uuid | Kind::Fixed(1..=SHORT) => format!("nullif(hex({name}), '')"),
        _ => name,
    }
}

/// A value that JavaScript gave for a column.
pub(super) fn decode(value: JsRef<'_>, column: Option<Storage>) -> Result<ValueRef<'_>, ValueError> {
    Ok(match (value, column) {
        (JsRef::Null, _) => ValueRef::Null,
        (JsRef::Number(number), Some(Storage::Real)) => ValueRef::Real(number),
        (JsRef::Number(number), _) => integer(number)?,
        (JsRef::Text(text), Some(Storage::Integer)) => {
            ValueRef::Integer(text.parse().map_err(|_| mismatch("INTEGER", "TEXT"))?)
        }
        (JsRef::Text(text), _) => ValueRef::Text(text),
        (JsRef::Blob(bytes), _) => ValueRef::Blob(bytes),
    })
}

#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)] // checked
fn integer(number: f64) -> Result<ValueRef<'static>, ValueError> {
    let integer = number as i64;
    let exact = (-SAFE..=SAFE).contains(&integer) && (integer as f64 - number) == 0.0;
    if exact { Ok(ValueRef::Integer(integer)) } else { Err(mismatch("INTEGER", "REAL")) }
}

fn mismatch(expected: &'static str, found: &'static str) -> ValueError {
    ValueError::Mismatch { expected, found }
}
