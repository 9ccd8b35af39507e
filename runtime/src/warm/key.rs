//! The keys of what is cached: `v{schema}/{object}/{collection}/{document or query}`.
//!
//! No two documents, objects or collections have the same key, whatever their names are, and a key survives as the path
//! of a URL: a part has letters, digits, `-`, `_`, and for every other byte `~` and its two hexadecimal digits. (With
//! `%` a part `..` would not survive: in a URL `%2E%2E` is `..` too.)
//!
//! ```text
//! object      o, then its id
//! collection  c, then its name
//! document    d, then the id's columns with `.` between: i and the integer; t and the text; b and the bytes' digits
//! query       q, then 32 digits of the hash of what is asked
//! long id     h, then 32 digits of the hash of what d would stand before
//! ```
//! What was hashed stands in the entry too and is compared there, so that a collision is a miss.

use std::{cell::Cell, fmt, fmt::Write, marker::PhantomData};

use xxhash_rust::xxh3::xxh3_128;

use crate::{
    error::{During, Operation, Outcome, StorageError},
    schema::{Collection, KeyOf},
    value::{Row, RowBuf, ValueRef, push_hex},
};

use super::schema_hash::SchemaHash;

/// Above how many bytes the id in a key is hashed.
const LONG: usize = 256;
/// Above how many bytes a key is not used: that of an object with a very long name.
const TOO_LONG: usize = 1_024;

thread_local! {
    /// Room for an id, which the next key uses again.
    static ID: Cell<Option<Box<RowBuf>>> = const { Cell::new(None) };
}

/// The key of a document of `T`, or of the documents that a query of `T` finds.
pub struct Key<T> {
    pub(super) address: Address,
    of: PhantomData<fn() -> T>,
}

/// A key, whatever it is of.
#[derive(Clone, Debug)]
pub(super) struct Address {
    path: String,
    /// What a hash in the path stands for.
    detail: Vec<u8>,
}

/// The cache keys of every collection; in the prelude.
///
/// ```
/// # use terrace::prelude::*;
/// #[derive(Collection)]
/// struct Task { #[id] number: i64, done: bool }
///
/// let key = Task::cache_key("shop/7", 42)?;
/// assert!(key.to_string().ends_with("/oshop~2F7/ctask/di42"));
/// # Ok::<(), StorageError>(())
/// ```
pub trait Cacheable: Collection {
    /// The key of the document with this id in an object.
    ///
    /// # Errors
    /// An id that no document can have: one with a NaN.
    fn cache_key(object: &str, id: impl KeyOf<Self>) -> Result<Key<Self>, StorageError> {
        Key::of_document(object, &id).during(Operation::Get, Self::SCHEMA.name)
    }

    /// The key of what a query of an object finds. `query` says which: any bytes, different ones for different queries.
    #[must_use]
    fn query_key(object: &str, query: &[u8]) -> Key<Self> {
        let mut path = prefix(Hashed::<Self>::TEXT, object, Self::SCHEMA.name);
        push_hash(&mut path, 'q', query);
        Key { address: Address { path, detail: query.to_vec() }, of: PhantomData }
    }
}

impl<T: Collection> Cacheable for T {}

impl<T: Collection> Key<T> {
    fn of_document(object: &str, id: &impl KeyOf<T>) -> Outcome<Self> {
        let mut row = ID.take().unwrap_or_default();
        row.clear();
        id.store(&mut row)?;
        let address = Address::of_document(prefix(Hashed::<T>::TEXT, object, T::SCHEMA.name), &row)?;
        ID.set(Some(row));
        Ok(Self { address, of: PhantomData })
    }
}

impl<T> Key<T> {
    /// The key as text: the path of a URL.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.address.path()
    }
}

impl Address {
    fn of_document(mut path: String, id: &RowBuf) -> Outcome<Self> {
        let start = path.len();
        path.push('d');
        for column in 0..id.len() {
            if column > 0 {
                path.push('.');
            }
            push_value(&mut path, id.value(column)?);
        }
        let mut detail = Vec::new();
        if path.len() - start > LONG {
            detail = path.as_bytes()[start..].to_vec();
            path.truncate(start);
            push_hash(&mut path, 'h', &detail);
        }
        Ok(Self { path, detail })
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    pub(super) fn detail(&self) -> &[u8] {
        &self.detail
    }

    /// Whether it is the one with this path and this detail.
    pub(super) fn is(&self, path: &[u8], detail: &[u8]) -> bool {
        // nothing is not compared with nothing: with vector instructions that can take as long as half of a hit
        let is_bare = detail.is_empty() && self.detail.is_empty();
        path == self.path.as_bytes() && (is_bare || detail == self.detail)
    }

    /// Whether every cache takes it.
    pub(super) fn fits(&self) -> bool {
        self.path.len() <= TOO_LONG
    }
}

/// A collection with the hash of its schema.
struct Hashed<T>(PhantomData<T>);

impl<T: Collection> Hashed<T> {
    const HASH: SchemaHash = SchemaHash::of(T::SCHEMA);
    const TEXT: &'static str = Self::HASH.as_str();
}

/// What stands before the last part of a key.
fn prefix(schema: &str, object: &str, collection: &str) -> String {
    let mut path = String::with_capacity(128);
    path.push_str(schema);
    path.push('/');
    push_object(&mut path, object);
    path.push('/');
    push_collection(&mut path, collection);
    path.push('/');
    path
}

pub(super) fn push_object(path: &mut String, object: &str) {
    path.push('o');
    push_escaped(path, object);
}

pub(super) fn push_collection(path: &mut String, collection: &str) {
    path.push('c');
    push_escaped(path, collection);
}

fn push_value(path: &mut String, value: ValueRef<'_>) {
    match value {
        ValueRef::Null => path.push('n'),
        ValueRef::Integer(integer) => drop(write!(path, "i{integer}")),
        ValueRef::Real(real) => drop(write!(path, "r{:016x}", real.to_bits())),
        ValueRef::Text(text) => {
            path.push('t');
            push_escaped(path, text);
        }
        ValueRef::Blob(bytes) => {
            path.push('b');
            push_hex(path, bytes);
        }
    }
}

pub(super) fn push_escaped(path: &mut String, part: &str) {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if part.bytes().fold(true, |plain, byte| plain & is_plain(byte)) {
        return path.push_str(part); // no `all`: many bytes are compared at once
    }
    for byte in part.bytes() {
        if is_plain(byte) {
            path.push(char::from(byte));
        } else {
            let _ = write!(path, "~{byte:02X}"); // a String takes everything
        }
    }
}

fn push_hash(path: &mut String, kind: char, of: &[u8]) {
    path.push(kind);
    push_hex(path, &xxh3_128(of).to_be_bytes());
}

impl<T> Clone for Key<T> {
    fn clone(&self) -> Self {
        Self { address: self.address.clone(), of: PhantomData }
    }
}

impl<T> fmt::Display for Key<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl<T> fmt::Debug for Key<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({self})")
    }
}
