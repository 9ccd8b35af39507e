//! From values to bytes.

use super::{Node, Value, node::Unit};
use crate::{
    bytes::put_signed,
    cold::iceberg::{Datum, IcebergError, error::Outcome, value::least_bytes},
};

/// Appends a value.
///
/// # Errors
/// The value is not of the type.
pub(super) fn put(to: &mut Vec<u8>, node: &Node, value: &Value) -> Outcome<()> {
    match (node, value) {
        (Node::Null, Value::Null) => Ok(()),
        (Node::Union(variants), value) => put_variant(to, variants, value),
        (Node::Array(items), Value::List(values)) => put_array(to, items, values),
        (Node::Record(members), Value::Record(record)) => members.iter().try_for_each(|member| {
            let value = member.id.and_then(|id| record.get(id)).unwrap_or(&Value::Null);
            put(to, &member.node, value)
        }),
        (node, Value::Datum(value)) => put_datum(to, node, value),
        (node, value) => Err(mismatch(node, value)),
    }
}

fn mismatch(node: &Node, value: &impl std::fmt::Debug) -> IcebergError {
    IcebergError::Mismatch { kind: format!("{node:?}"), value: format!("{value:?}") }
}

/// NULL, or the first variant that is not NULL.
fn put_variant(to: &mut Vec<u8>, variants: &[Node], value: &Value) -> Outcome<()> {
    let is_null = |variant: &Node| *variant == Node::Null;
    let at = variants.iter().position(|variant| is_null(variant) == (*value == Value::Null));
    let at = at.ok_or_else(|| mismatch(&Node::Union(variants.to_vec()), value))?;
    put_length(to, at);
    put(to, &variants[at], value)
}

fn put_array(to: &mut Vec<u8>, items: &Node, values: &[Value]) -> Outcome<()> {
    if !values.is_empty() {
        put_length(to, values.len());
        values.iter().try_for_each(|value| put(to, items, value))?;
    }
    put_length(to, 0);
    Ok(())
}

fn put_datum(to: &mut Vec<u8>, node: &Node, value: &Datum) -> Outcome<()> {
    match (node, value) {
        (Node::Boolean, Datum::Bool(value)) => to.push(u8::from(*value)),
        (Node::Int, Datum::Int(value)) | (Node::Date, Datum::Date(value)) => {
            put_signed(to, i64::from(*value));
        }
        (Node::Long, Datum::Long(value))
        | (Node::Time(Unit::Micro), Datum::Time(value))
        | (Node::Timestamp(Unit::Micro), Datum::Timestamp(value)) => put_signed(to, *value),
        (Node::Float, Datum::Float(value)) => to.extend(value.to_le_bytes()),
        (Node::Double, Datum::Double(value)) => to.extend(value.to_le_bytes()),
        (Node::Bytes, Datum::Binary(value)) => put_bytes(to, value),
        (Node::Fixed(size), Datum::Binary(value)) if value.len() == *size => to.extend(value),
        (Node::Uuid, Datum::Uuid(value)) => to.extend(value),
        (Node::String, Datum::String(value)) => put_bytes(to, value.as_bytes()),
        (Node::Decimal(None), Datum::Decimal(value)) => put_bytes(to, &least_bytes(*value)),
        (Node::Decimal(Some(size)), Datum::Decimal(value)) => put_fixed_decimal(to, *size, *value)?,
        (node, value) => return Err(mismatch(node, value)),
    }
    Ok(())
}

fn put_fixed_decimal(to: &mut Vec<u8>, size: usize, value: i128) -> Outcome<()> {
    let bytes = least_bytes(value);
    let missing = size.checked_sub(bytes.len());
    let missing = missing.ok_or_else(|| mismatch(&Node::Decimal(Some(size)), &value))?;
    let sign = if value < 0 { 0xff } else { 0 };
    to.extend(std::iter::repeat_n(sign, missing));
    to.extend(bytes);
    Ok(())
}

/// Appends bytes after their number.
pub(super) fn put_bytes(to: &mut Vec<u8>, bytes: &[u8]) {
    put_length(to, bytes.len());
    to.extend(bytes);
}

/// Appends a number of things that are in memory.
pub(super) fn put_length(to: &mut Vec<u8>, length: usize) {
    put_signed(to, i64::try_from(length).unwrap_or(i64::MAX)); // memory ends long before that
}
