//! The checksum of a collection: two copies that hold the same documents have the same, in whatever order these were
//! written, and a write changes it without reading the others.
//!
//! It is the sum, modulo 2^128, of a 128-bit hash (XXH3) of each document. A document is hashed as its columns in the
//! order of the hashes of their names, those left out that hold what a row has that is older than the column: NULL, or
//! the column's fill. So a new column changes no checksum. It finds accidents and bugs; it is not made against an
//! adversary.

use std::{fmt, str::FromStr};

use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use crate::{
    schema::StoredSchema,
    value::{Row, Value, ValueError, ValueRef},
};

/// The number of documents in a collection, and their checksum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checksum {
    /// How many documents there are.
    pub documents: u64,
    /// The sum of their hashes.
    pub sum: u128,
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{:032x}", self.documents, self.sum)
    }
}

impl FromStr for Checksum {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let parsed = text.split_once(':').and_then(|(documents, sum)| {
            Some(Self { documents: documents.parse().ok()?, sum: u128::from_str_radix(sum, 16).ok()? })
        });
        parsed.ok_or(ValueError::Mismatch { expected: "a checksum", found: "another text" })
    }
}

impl Checksum {
    pub(crate) fn add(&mut self, hash: u128) {
        self.documents = self.documents.wrapping_add(1);
        self.sum = self.sum.wrapping_add(hash);
    }

    pub(crate) fn remove(&mut self, hash: u128) {
        self.documents = self.documents.wrapping_sub(1);
        self.sum = self.sum.wrapping_sub(hash);
    }

    /// The checksum after what `change`, counted from nothing, did.
    pub(crate) fn after(self, change: Self) -> Self {
        Self {
            documents: self.documents.wrapping_add(change.documents),
            sum: self.sum.wrapping_add(change.sum),
        }
    }

    /// The checksum before what `change` did.
    pub(crate) fn before(self, change: Self) -> Self {
        Self {
            documents: self.documents.wrapping_sub(change.documents),
            sum: self.sum.wrapping_sub(change.sum),
        }
    }
}

/// How the documents of one schema are hashed.
#[derive(Debug)]
pub(crate) struct Hasher {
    columns: Vec<HashedColumn>,
    scratch: Vec<u8>,
}

#[derive(Debug)]
struct HashedColumn {
    tag: u64,
    position: usize,
    absent: Value,
}

impl Hasher {
    pub(crate) fn new(schema: &StoredSchema) -> Self {
        let mut columns: Vec<HashedColumn> = schema
            .columns
            .iter()
            .enumerate()
            .map(|(position, column)| HashedColumn {
                tag: xxh3_64(column.name.as_bytes()),
                position,
                absent: column.fill.clone().unwrap_or(Value::Null),
            })
            .collect();
        columns.sort_unstable_by_key(|column| column.tag);
        Self { columns, scratch: Vec::new() }
    }

    pub(crate) fn hash<R: Row + ?Sized>(&mut self, row: &R) -> Result<u128, ValueError> {
        self.scratch.clear();
        for column in &self.columns {
            let value = row.value(column.position)?;
            if value != column.absent.as_ref() {
                put_value(&mut self.scratch, column.tag, value);
            }
        }
        Ok(xxh3_128(&self.scratch))
    }
}

/// Appends a column's tag and its value so that no two sequences of values have the same bytes.
#[inline]
fn put_value(to: &mut Vec<u8>, tag: u64, value: ValueRef<'_>) {
    let head = |class: u8, number: u64| {
        let mut head = [0; 17];
        head[..8].copy_from_slice(&tag.to_le_bytes());
        head[8] = class;
        head[9..].copy_from_slice(&number.to_le_bytes());
        head
    };
    match value {
        ValueRef::Null => to.extend_from_slice(&head(0, 0)[..9]),
        ValueRef::Integer(integer) => to.extend_from_slice(&head(1, integer.cast_unsigned())),
        ValueRef::Real(real) => to.extend_from_slice(&head(2, real.to_bits())),
        ValueRef::Text(text) => {
            to.extend_from_slice(&head(3, text.len() as u64));
            to.extend_from_slice(text.as_bytes());
        }
        ValueRef::Blob(bytes) => {
            to.extend_from_slice(&head(4, bytes.len() as u64));
            to.extend_from_slice(bytes);
        }
    }
}
