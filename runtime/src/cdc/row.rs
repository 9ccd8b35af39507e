//! The bytes of a row in the log: a bitmap of the NULLs, then each value by its column's storage class.
//!
//! ```text
//! row     = nulls ceil(n / 8) bytes, bit i of byte i / 8 set where column i is NULL · the other values in order
//! INTEGER = zigzag varint    REAL = 8 bytes of its bits, little-endian    TEXT, BLOB = length varint · bytes
//! ```

#[cfg(feature = "warm")]
use crate::schema::ColumnDef;
use crate::{
    bytes::{Damaged, Reader, put_signed, put_varint},
    schema::Storage,
    value::{Row, ValueError, ValueRef},
};

/// Appends the values of `row` at `columns`, each with the storage class it has to have.
pub(crate) fn encode<R: Row>(
    to: &mut Vec<u8>,
    row: &R,
    columns: impl ExactSizeIterator<Item = (usize, Storage)>,
) -> Result<(), ValueError> {
    let nulls = to.len();
    to.resize(nulls + columns.len().div_ceil(8), 0);
    for (at, (column, storage)) in columns.enumerate() {
        match row.value(column)? {
            ValueRef::Null => to[nulls + at / 8] |= 1 << (at % 8),
            value => encode_value(to, value, storage)?,
        }
    }
    Ok(())
}

#[inline]
fn encode_value(to: &mut Vec<u8>, value: ValueRef<'_>, storage: Storage) -> Result<(), ValueError> {
    match (value, storage) {
        (ValueRef::Integer(integer), Storage::Integer) => put_signed(to, integer),
        (ValueRef::Real(real), Storage::Real) => to.extend_from_slice(&real.to_bits().to_le_bytes()),
        (ValueRef::Text(text), Storage::Text) => put_bytes(to, text.as_bytes()),
        (ValueRef::Blob(bytes), Storage::Blob) => put_bytes(to, bytes),
        (other, storage) => {
            return Err(ValueError::Mismatch { expected: storage.name(), found: other.type_name() });
        }
    }
    Ok(())
}

fn put_bytes(to: &mut Vec<u8>, bytes: &[u8]) {
    put_varint(to, bytes.len() as u64);
    to.extend_from_slice(bytes);
}

/// Reads as many values as there are storage classes.
pub(crate) fn decode<'b>(
    from: &mut Reader<'b>,
    columns: impl ExactSizeIterator<Item = Storage>,
) -> Result<Vec<ValueRef<'b>>, Damaged> {
    let nulls = from.take(columns.len().div_ceil(8))?;
    let mut values = Vec::with_capacity(columns.len());
    for (at, storage) in columns.enumerate() {
        let is_null = nulls[at / 8] & (1 << (at % 8)) != 0;
        values.push(if is_null { ValueRef::Null } else { decode_value(from, storage)? });
    }
    Ok(values)
}

/// Reads a value of each column, into room for as many.
#[cfg(feature = "warm")]
pub(crate) fn decode_into<'b>(
    values: &mut [ValueRef<'b>],
    from: &mut Reader<'b>,
    columns: &[ColumnDef],
) -> Result<(), Damaged> {
    let nulls = from.take(columns.len().div_ceil(8))?;
    for (at, (value, column)) in values.iter_mut().zip(columns).enumerate() {
        let is_null = nulls[at / 8] & (1 << (at % 8)) != 0;
        *value = if is_null { ValueRef::Null } else { decode_value(from, column.kind.storage())? };
    }
    Ok(())
}

// where it is called, so that the reader stays in registers from column to column
#[allow(clippy::inline_always)]
#[inline(always)]
fn decode_value<'b>(from: &mut Reader<'b>, storage: Storage) -> Result<ValueRef<'b>, Damaged> {
    Ok(match storage {
        Storage::Integer => ValueRef::Integer(from.signed()?),
        Storage::Real => ValueRef::Real(f64::from_bits(u64::from_le_bytes(from.array()?))),
        Storage::Text => {
            let text = std::str::from_utf8(from.prefixed()?).map_err(|_| Damaged("text is not UTF-8"))?;
            ValueRef::Text(text)
        }
        Storage::Blob => ValueRef::Blob(from.prefixed()?),
    })
}
