//! Ruling a row group out by the statistics of its segments.

use crate::{
    filter::{Comparison, Predicate},
    schema::types::sortable_text,
    value::Value,
    vortex::statistics::{Bounds, Statistics},
};

/// Whether `predicate` may be true for a row of a row group: false only when it is not for any.
///
/// `statistics` gives those of a column; none where the group lacks the column.
pub fn may_match<'a>(predicate: &Predicate, statistics: &dyn Fn(&str) -> Option<&'a Statistics>) -> bool {
    match predicate {
        Predicate::And(terms) => terms.iter().all(|term| may_match(term, statistics)),
        Predicate::Or(terms) => terms.iter().any(|term| may_match(term, statistics)),
        Predicate::Not(term) => match &**term {
            Predicate::IsNull { column } => {
                statistics(column).is_some_and(|statistics| statistics.nulls < statistics.rows)
            }
            _ => true,
        },
        Predicate::IsNull { column } => statistics(column).is_none_or(|statistics| statistics.nulls > 0),
        Predicate::Compare { column, comparison, value } => {
            bounds(column, statistics).is_some_and(|bounds| may_compare(bounds, *comparison, value))
        }
        Predicate::In { column, values } => bounds(column, statistics)
            .is_some_and(|bounds| values.iter().any(|value| may_compare(bounds, Comparison::Eq, value))),
        Predicate::Text { column, .. } => bounds(column, statistics).is_some(),
    }
}

/// The bounds of a column; none where every value is NULL or not a number, for which no comparison holds.
fn bounds<'a>(column: &str, statistics: &dyn Fn(&str) -> Option<&'a Statistics>) -> Option<&'a Bounds> {
    statistics(column)?.bounds.as_ref()
}

fn may_compare(bounds: &Bounds, comparison: Comparison, value: &Value) -> bool {
    match (bounds, value) {
        (Bounds::Bool { .. }, Value::Integer(_)) => true,
        (Bounds::Int(least, greatest), Value::Integer(value)) => within(comparison, least, greatest, value),
        (Bounds::Float(least, greatest), Value::Real(value)) => within(comparison, least, greatest, value),
        (Bounds::Bytes { .. }, Value::Text(text)) => may_compare_bytes(bounds, comparison, text.as_bytes()),
        (Bounds::Bytes { .. }, Value::Blob(bytes)) => may_compare_bytes(bounds, comparison, bytes),
        (Bounds::Id(least, greatest), Value::Blob(bytes)) => match <[u8; 16]>::try_from(bytes.as_slice()) {
            Ok(bytes) => within(comparison, least, greatest, &u128::from_be_bytes(bytes)),
            Err(_) => true,
        },
        (Bounds::Decimal { least, greatest, precision }, Value::Text(text)) => {
            let sortable = |number| sortable_text(number, *precision);
            within(comparison, &sortable(*least), &sortable(*greatest), text)
        }
        // values of another type compare as unknown
        _ => false,
    }
}

fn within<T: PartialOrd>(comparison: Comparison, least: &T, greatest: &T, value: &T) -> bool {
    match comparison {
        Comparison::Eq => least <= value && value <= greatest,
        Comparison::Ne => !(least == value && value == greatest),
        Comparison::Lt => least < value,
        Comparison::Le => least <= value,
        Comparison::Gt => greatest > value,
        Comparison::Ge => greatest >= value,
    }
}

fn may_compare_bytes(bounds: &Bounds, comparison: Comparison, value: &[u8]) -> bool {
    let Bounds::Bytes { least, least_cut, greatest, greatest_cut } = bounds else { return true };
    // a bound that was cut begins with what was kept, and is greater
    let beyond = *greatest_cut && value.starts_with(greatest);
    match comparison {
        Comparison::Ne => *least_cut || *greatest_cut || within(comparison, least, greatest, &value.to_vec()),
        Comparison::Eq => least.as_slice() <= value && (value <= greatest.as_slice() || beyond),
        Comparison::Lt => least.as_slice() < value,
        Comparison::Le => least.as_slice() <= value,
        Comparison::Gt => greatest.as_slice() > value || beyond,
        Comparison::Ge => greatest.as_slice() >= value || beyond,
    }
}
