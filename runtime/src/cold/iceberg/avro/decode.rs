//! From bytes to values.

use super::{
    Node, Record, Value,
    node::{Member, Unit},
};
use crate::{
    bytes::{Damaged, Reader},
    cold::iceberg::{Datum, IcebergError, error::Outcome, value::decimal},
};

impl From<Damaged> for IcebergError {
    fn from(damaged: Damaged) -> Self {
        Self::damaged(damaged.0)
    }
}

/// The next value.
pub(super) fn value(node: &Node, from: &mut Reader<'_>) -> Outcome<Value> {
    Ok(match node {
        Node::Null => Value::Null,
        Node::Array(items) => Value::List(array(items, from)?),
        Node::Map(values) => map(values, from)?,
        Node::Union(variants) => value(variant(variants, from)?, from)?,
        Node::Record(members) => Value::Record(record(members, from)?),
        scalar => Value::Datum(datum(scalar, from)?),
    })
}

fn datum(node: &Node, from: &mut Reader<'_>) -> Outcome<Datum> {
    Ok(match node {
        Node::Boolean => Datum::Bool(from.byte()? != 0),
        Node::Int | Node::Enum => Datum::Int(int(from)?),
        Node::Date => Datum::Date(int(from)?),
        Node::Long => Datum::Long(from.signed()?),
        Node::Time(unit) => Datum::Time(micros(*unit, from)?),
        Node::Timestamp(unit) => Datum::Timestamp(micros(*unit, from)?),
        Node::Float => Datum::Float(f32::from_le_bytes(from.array()?)),
        Node::Double => Datum::Double(f64::from_le_bytes(from.array()?)),
        Node::Bytes => Datum::Binary(bytes(from)?.to_vec()),
        Node::Fixed(size) => Datum::Binary(from.take(*size)?.to_vec()),
        Node::Uuid => Datum::Uuid(from.array()?),
        Node::String => Datum::String(text(from)?.to_owned()),
        Node::Decimal(None) => number(bytes(from)?)?,
        Node::Decimal(Some(size)) => number(from.take(*size)?)?,
        Node::Null | Node::Array(_) | Node::Map(_) | Node::Union(_) | Node::Record(_) => {
            return Err(IcebergError::damaged("a value where a single one is"));
        }
    })
}

fn int(from: &mut Reader<'_>) -> Outcome<i32> {
    i32::try_from(from.signed()?).map_err(|_| IcebergError::damaged("an int of more than 32 bits"))
}

fn micros(unit: Unit, from: &mut Reader<'_>) -> Outcome<i64> {
    let number = from.signed()?;
    let micros = if unit == Unit::Milli { number.checked_mul(1000) } else { Some(number) };
    micros.ok_or_else(|| IcebergError::damaged("a moment beyond what microseconds count"))
}

/// As many bytes as a number before them says.
pub(super) fn bytes<'a>(from: &mut Reader<'a>) -> Outcome<&'a [u8]> {
    let length = length(from.signed()?)?;
    Ok(from.take(length)?)
}

pub(super) fn text<'a>(from: &mut Reader<'a>) -> Outcome<&'a str> {
    std::str::from_utf8(bytes(from)?).map_err(|_| IcebergError::damaged("text that is not UTF-8"))
}

pub(super) fn length(number: i64) -> Outcome<usize> {
    usize::try_from(number).map_err(|_| IcebergError::damaged("a negative length"))
}

fn number(bytes: &[u8]) -> Outcome<Datum> {
    let sign = if bytes.first().is_some_and(|first| first & 0x80 != 0) { 0xff } else { 0 };
    let superfluous = bytes.len().saturating_sub(16);
    let fits = bytes[..superfluous].iter().all(|&byte| byte == sign)
        && bytes.get(superfluous).is_none_or(|first| superfluous == 0 || (first ^ sign) & 0x80 == 0);
    let number = decimal(&bytes[superfluous..]).filter(|_| fits);
    number.map(Datum::Decimal).ok_or_else(|| IcebergError::damaged("a decimal beyond 38 digits"))
}

/// What a union holds.
fn variant<'a>(variants: &'a [Node], from: &mut Reader<'_>) -> Outcome<&'a Node> {
    let at = length(from.signed()?)?;
    variants.get(at).ok_or_else(|| IcebergError::damaged("a variant that is not in its union"))
}

fn record(members: &[Member], from: &mut Reader<'_>) -> Outcome<Record> {
    let mut record = Record::default();
    for member in members {
        let value = value(&member.node, from)?;
        record.0.extend(member.id.map(|id| (id, value)));
    }
    Ok(record)
}

fn array(items: &Node, from: &mut Reader<'_>) -> Outcome<Vec<Value>> {
    let mut values = Vec::new();
    items_of_blocks(from, |from| {
        values.push(value(items, from)?);
        Ok(())
    })?;
    Ok(values)
}

/// A map of Avro itself, which no field that is read has: skipped.
fn map(values: &Node, from: &mut Reader<'_>) -> Outcome<Value> {
    items_of_blocks(from, |from| {
        text(from)?;
        value(values, from).map(|_| ())
    })?;
    Ok(Value::Null)
}

/// Reads the items of an array or a map, which come in blocks. Each has at least one byte, so that their number is
/// bounded by the bytes that are there.
pub(super) fn items_of_blocks<'a>(
    from: &mut Reader<'a>,
    mut item: impl FnMut(&mut Reader<'a>) -> Outcome<()>,
) -> Outcome<()> {
    loop {
        let count = from.signed()?;
        match count {
            0 => return Ok(()),
            ..0 => drop(from.signed()?), // the size of the block, for those who skip it
            _ => {}
        }
        for _ in 0..count.unsigned_abs() {
            let before = from.len();
            item(from)?;
            if from.len() == before {
                return Err(IcebergError::damaged("an item without bytes"));
            }
        }
    }
}
