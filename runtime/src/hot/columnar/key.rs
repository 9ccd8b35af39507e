//! The place of an id among those of row groups, and the keys of unique values, as bytes that compare as SQLite compares
//! the values.
//!
//! Bytes, because numbers would not do: in a Durable Object a column without a type keeps an integer as a float.

use xxhash_rust::xxh3::xxh3_64;

use crate::{
    error::Outcome,
    schema::{Index, Schema},
    value::{Row, ValueRef},
};

/// The place of a document by the first column of its id.
pub(in crate::hot) fn id_key(schema: &Schema, row: &dyn Row) -> Outcome<Vec<u8>> {
    schema.id.first().map_or(Ok(Vec::new()), |&column| Ok(place(row.value(column)?)))
}

/// All values of an id as bytes that differ where the ids do.
pub(crate) fn whole_key(id: &dyn Row) -> Outcome<Vec<u8>> {
    let mut key = Vec::new();
    for column in 0..id.len() {
        let bytes = place(id.value(column)?);
        key.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
        key.extend(bytes);
    }
    Ok(key)
}

/// A value as bytes that compare as the values of its column do.
pub(super) fn place(value: ValueRef<'_>) -> Vec<u8> {
    const SIGN: u64 = 1 << 63;
    match value {
        ValueRef::Null => Vec::new(),
        ValueRef::Integer(integer) => (integer.cast_unsigned() ^ SIGN).to_be_bytes().to_vec(),
        ValueRef::Real(real) => {
            // −0.0 and 0.0 are equal.
            let bits = (real + 0.0).to_bits();
            (if bits & SIGN == 0 { bits ^ SIGN } else { !bits }).to_be_bytes().to_vec()
        }
        ValueRef::Text(text) => text.as_bytes().to_vec(),
        ValueRef::Blob(bytes) => bytes.to_vec(),
    }
}

/// The key of a document in a unique index, its condition apart; none where a value is NULL, which is equal to nothing.
///
/// It begins with a hash of the index's name; of two indexes of a collection it would have to be the same by chance.
pub(super) fn unique_key(schema: &Schema, index: &Index, row: &dyn Row) -> Outcome<Option<Vec<u8>>> {
    let mut key = xxh3_64(schema.index_name(index).as_bytes()).to_be_bytes().to_vec();
    for &column in index.columns {
        let value = row.value(column)?;
        if value == ValueRef::Null {
            return Ok(None);
        }
        let bytes = place(value);
        key.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
        key.extend(bytes);
    }
    Ok(Some(key))
}
