//! Values on their way to JavaScript and back, bit for bit (invariant 7).

use js_sys::{Array, ArrayBuffer, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};

use crate::{
    schema::{ColumnDef, Kind, Storage, quote},
    value::{Row, RowBuf, ValueError, ValueRef},
};

/// Every integer up to this one, of either sign, is a double.
const SAFE: i64 = (1 << 53) - 1;

/// The parameters of a statement.
pub(super) fn parameters(row: &dyn Row) -> Result<Array, ValueError> {
    let parameters = Array::new();
    append(&parameters, row)?;
    Ok(parameters)
}

/// The parameters of a statement that takes several rows.
pub(super) fn parameters_of(rows: &[RowBuf]) -> Result<Array, ValueError> {
    let parameters = Array::new();
    rows.iter().try_for_each(|row| append(&parameters, row))?;
    Ok(parameters)
}

fn append(parameters: &Array, row: &dyn Row) -> Result<(), ValueError> {
    for position in 0..row.len() {
        parameters.push(&encode(row.value(position)?));
    }
    Ok(())
}

/// A value as it is bound. SQLite makes an integer of a REAL, or of a text, where the column has INTEGER affinity.
#[allow(clippy::cast_precision_loss)] // only of integers that lose nothing
pub(super) fn encode(value: ValueRef<'_>) -> JsValue {
    match value {
        ValueRef::Null => JsValue::NULL,
        ValueRef::Integer(integer) if (-SAFE..=SAFE).contains(&integer) => JsValue::from_f64(integer as f64),
        ValueRef::Integer(integer) => JsValue::from_str(&integer.to_string()),
        ValueRef::Real(real) => JsValue::from_f64(real),
        ValueRef::Text(text) => JsValue::from_str(text),
        ValueRef::Blob(bytes) => Uint8Array::from(bytes).into(),
    }
}

/// A column in a SELECT: an integer that no double holds comes as text.
pub(super) fn selected(column: &ColumnDef) -> String {
    let name = quote(column.name);
    let wide = matches!(column.kind, Kind::I64 | Kind::Timestamp | Kind::Decimal { .. });
    if wide && column.kind.storage() == Storage::Integer {
        format!("CASE WHEN {name} BETWEEN -{SAFE} AND {SAFE} THEN {name} ELSE CAST({name} AS TEXT) END")
    } else {
        name
    }
}

/// Appends a value that JavaScript gave for a column.
pub(super) fn decode(value: &JsValue, column: Option<Storage>, row: &mut RowBuf) -> Result<(), ValueError> {
    if let Some(number) = value.as_f64() {
        return match column {
            Some(Storage::Real) => row.push(ValueRef::Real(number)),
            _ => row.push(integer(number)?),
        };
    }
    match (value.as_string(), column) {
        (Some(text), Some(Storage::Integer)) => {
            let integer = text.parse().map_err(|_| mismatch("INTEGER", "TEXT"))?;
            row.push(ValueRef::Integer(integer))
        }
        (Some(text), _) => row.push(ValueRef::Text(&text)),
        (None, _) => bytes_or_null(value, row),
    }
}

pub(super) fn bytes_or_null(value: &JsValue, row: &mut RowBuf) -> Result<(), ValueError> {
    if value.is_null() {
        return row.push(ValueRef::Null);
    }
    let buffer: &ArrayBuffer = value.dyn_ref().ok_or(mismatch("a value of SQLite", "another type"))?;
    row.push(ValueRef::Blob(&Uint8Array::new(buffer).to_vec()))
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
