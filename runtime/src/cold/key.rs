//! Documents by a hash of 128 bits of their object and id: small, and the same in every table.

use arrow_array::RecordBatch;
use xxhash_rust::xxh3::xxh3_128;

use crate::value::{Row, ValueRef};

use super::{
    error::{Result, refused},
    fold::Key,
    iceberg::Schema,
    mapping::OBJECT,
    parquet::BatchRows,
};

/// The keys of the rows of a batch that has the columns of `projection`, those of the id among them.
pub(crate) fn keys(batch: &RecordBatch, projection: &Schema, id: &[&str]) -> Result<Vec<Key>> {
    let places: Vec<usize> = std::iter::once(OBJECT.name)
        .chain(id.iter().copied())
        .map(|name| {
            let place = projection.fields.iter().position(|field| field.name == name);
            place.ok_or_else(|| refused(&format!("the table has no column `{name}`")))
        })
        .collect::<Result<_>>()?;
    let mut rows = BatchRows::new(batch, projection);
    let mut keys = Vec::with_capacity(batch.num_rows());
    let mut bytes = Vec::new();
    while rows.advance() {
        bytes.clear();
        for &place in &places {
            put(&mut bytes, rows.value(place)?);
        }
        keys.push(xxh3_128(&bytes));
    }
    Ok(keys)
}

/// Appends a value, so that no two rows of values have the same bytes.
fn put(to: &mut Vec<u8>, value: ValueRef<'_>) {
    match value {
        ValueRef::Null => to.push(0),
        ValueRef::Integer(integer) => {
            to.push(1);
            to.extend(integer.to_le_bytes());
        }
        ValueRef::Real(real) => {
            to.push(2);
            to.extend(real.to_bits().to_le_bytes());
        }
        ValueRef::Text(text) => put_bytes(to, 3, text.as_bytes()),
        ValueRef::Blob(bytes) => put_bytes(to, 4, bytes),
    }
}

fn put_bytes(to: &mut Vec<u8>, tag: u8, bytes: &[u8]) {
    to.push(tag);
    to.extend((bytes.len() as u64).to_le_bytes());
    to.extend(bytes);
}
