//! SQLite's order of values: NULL first, then numbers, texts and blobs by their bytes.

use std::cmp::Ordering;

use crate::{
    error::Outcome,
    value::{Row, ValueRef},
    vortex::{Column, Values},
};

/// A column to sort by, and whether the greatest comes first.
pub(super) type Sort = (usize, bool);

/// The order of two values.
pub(in crate::hot) fn values(a: ValueRef<'_>, b: ValueRef<'_>) -> Ordering {
    let class = |value| match value {
        ValueRef::Null => 0,
        ValueRef::Integer(_) | ValueRef::Real(_) => 1,
        ValueRef::Text(_) => 2,
        ValueRef::Blob(_) => 3,
    };
    match (a, b) {
        (ValueRef::Integer(a), ValueRef::Integer(b)) => a.cmp(&b),
        (ValueRef::Real(a), ValueRef::Real(b)) => floats(a, b),
        (ValueRef::Text(a), ValueRef::Text(b)) => a.cmp(b),
        (ValueRef::Blob(a), ValueRef::Blob(b)) => a.cmp(b),
        (a, b) => class(a).cmp(&class(b)),
    }
}

/// −0.0 and 0.0 are equal; nothing that is stored is NaN.
fn floats(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or(Ordering::Equal)
}

/// The order of two rows.
pub(super) fn rows(a: &dyn Row, b: &dyn Row, sort: &[Sort]) -> Outcome<Ordering> {
    for &(column, descending) in sort {
        let order = values(a.value(column)?, b.value(column)?);
        if order.is_ne() {
            return Ok(if descending { order.reverse() } else { order });
        }
    }
    Ok(Ordering::Equal)
}

/// The order of two places of columns, each with whether the greatest comes first.
pub(super) fn places(columns: &[(Column, bool)], a: usize, b: usize) -> Ordering {
    for (column, descending) in columns {
        let order = within(column, a, b);
        if order.is_ne() {
            return if *descending { order.reverse() } else { order };
        }
    }
    Ordering::Equal
}

fn within(column: &Column, a: usize, b: usize) -> Ordering {
    if let Some(validity) = column.validity()
        && !(validity.get(a) && validity.get(b))
    {
        return validity.get(a).cmp(&validity.get(b));
    }
    match column.values() {
        Values::Bool(values) => values.get(a).cmp(&values.get(b)),
        Values::Int(values) => values[a].cmp(&values[b]),
        Values::F32(values) => floats(values[a].into(), values[b].into()),
        Values::F64(values) => floats(values[a], values[b]),
        Values::Bytes(values) => values.get(a).cmp(values.get(b)),
        Values::Wide(_) => self::values(column.get(a).as_ref(), column.get(b).as_ref()),
    }
}
