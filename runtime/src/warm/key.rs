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
//! The path is made when a store is asked. Before that there are bytes that say the same, the identity of a key: they are
//! what an entry holds and what is compared there, so that whatever was hashed, a collision is a miss.

use std::{cell::Cell, fmt, fmt::Write, marker::PhantomData, sync::OnceLock};

use xxhash_rust::xxh3::xxh3_128;

use crate::{
    bytes::{Damaged, Reader, put_varint},
    error::{During, Operation, Outcome, StorageError},
    schema::{Collection, KeyOf},
    value::{Row, RowBuf, ValueRef, push_hex},
};

use super::schema_hash::SchemaHash;

/// Above how many bytes the id in a key is hashed.
const LONG: usize = 256;
/// Above how many bytes a key is not used: that of an object with a very long name.
const TOO_LONG: usize = 1_024;
/// Up to how many bytes of identity the path is never longer than that: no byte makes more than three.
const SURELY_FITS: usize = 300;

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
    /// Schema · object · collection, the two with their lengths · `d` and the id's columns, or `q` and what is asked.
    identity: Vec<u8>,
    path: OnceLock<String>,
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
    #[inline]
    fn cache_key(object: &str, id: impl KeyOf<Self>) -> Result<Key<Self>, StorageError> {
        let mut key = Key::begin(object, b'd');
        key.address.push_id::<Self>(&id).during(Operation::Get, Self::SCHEMA.name)?;
        Ok(key)
    }

    /// The key of what a query of an object finds. `query` says which: any bytes, different ones for different queries.
    #[must_use]
    fn query_key(object: &str, query: &[u8]) -> Key<Self> {
        let mut key = Key::begin(object, b'q');
        key.address.identity.extend_from_slice(query);
        key
    }
}

impl<T: Collection> Cacheable for T {}

impl<T: Collection> Key<T> {
    /// All but the last part, of which this is the kind.
    #[inline]
    fn begin(object: &str, kind: u8) -> Self {
        let mut identity = Vec::with_capacity(128);
        identity.extend_from_slice(Hashed::<T>::TEXT.as_bytes());
        put_bytes(&mut identity, object.as_bytes());
        put_bytes(&mut identity, T::SCHEMA.name.as_bytes());
        identity.push(kind);
        Self { address: Address { identity, path: OnceLock::new() }, of: PhantomData }
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
    /// A key that is of these bytes.
    #[cfg(test)]
    pub(super) fn of(identity: &[u8]) -> Self {
        Self { identity: identity.to_vec(), path: OnceLock::new() }
    }

    fn push_id<T>(&mut self, id: &impl KeyOf<T>) -> Outcome<()> {
        ID.with(|room| {
            let mut row = room.take().unwrap_or_default();
            row.clear();
            id.store(&mut row)?;
            for column in 0..row.len() {
                put_value(&mut self.identity, row.value(column)?);
            }
            room.set(Some(row));
            Ok(())
        })
    }

    /// All that it is of: no two keys have the same.
    pub(super) fn identity(&self) -> &[u8] {
        &self.identity
    }

    pub(super) fn path(&self) -> &str {
        // these bytes were made here, so they are what they have to be
        self.path.get_or_init(|| path_of(&self.identity).unwrap_or_default())
    }

    /// Whether every cache takes it.
    pub(super) fn fits(&self) -> bool {
        self.identity.len() <= SURELY_FITS || self.path().len() <= TOO_LONG
    }
}

/// A collection with the hash of its schema.
struct Hashed<T>(PhantomData<T>);

impl<T: Collection> Hashed<T> {
    const HASH: SchemaHash = SchemaHash::of(T::SCHEMA);
    const TEXT: &'static str = Self::HASH.as_str();
}

#[inline]
fn put_value(identity: &mut Vec<u8>, value: ValueRef<'_>) {
    match value {
        ValueRef::Null => identity.push(b'n'),
        ValueRef::Integer(integer) => put_fixed(identity, b'i', integer.to_le_bytes()),
        ValueRef::Real(real) => put_fixed(identity, b'r', real.to_bits().to_le_bytes()),
        ValueRef::Text(text) => {
            identity.push(b't');
            put_bytes(identity, text.as_bytes());
        }
        ValueRef::Blob(bytes) => {
            identity.push(b'b');
            put_bytes(identity, bytes);
        }
    }
}

fn put_fixed(identity: &mut Vec<u8>, kind: u8, bytes: [u8; 8]) {
    identity.push(kind);
    identity.extend_from_slice(&bytes);
}

#[inline]
fn put_bytes(identity: &mut Vec<u8>, bytes: &[u8]) {
    put_varint(identity, bytes.len() as u64);
    identity.extend_from_slice(bytes);
}

fn path_of(identity: &[u8]) -> Result<String, Damaged> {
    let mut from = Reader::new(identity);
    let mut path = String::with_capacity(128);
    path.push_str(text(from.take(SchemaHash::LENGTH)?)?);
    path.push('/');
    push_object(&mut path, text(from.prefixed()?)?);
    path.push('/');
    push_collection(&mut path, text(from.prefixed()?)?);
    path.push('/');
    let start = path.len();
    if from.byte()? == b'q' {
        push_hash(&mut path, 'q', from.take(from.len())?);
        return Ok(path);
    }
    path.push('d');
    while !from.is_empty() {
        if path.len() > start + 1 {
            path.push('.');
        }
        push_value(&mut path, &mut from)?;
    }
    if path.len() - start > LONG {
        let whole = path.split_off(start);
        push_hash(&mut path, 'h', whole.as_bytes());
    }
    Ok(path)
}

fn text(bytes: &[u8]) -> Result<&str, Damaged> {
    std::str::from_utf8(bytes).map_err(|_| Damaged("a text is none"))
}

pub(super) fn push_object(path: &mut String, object: &str) {
    path.push('o');
    push_escaped(path, object);
}

pub(super) fn push_collection(path: &mut String, collection: &str) {
    path.push('c');
    push_escaped(path, collection);
}

fn push_value(path: &mut String, from: &mut Reader<'_>) -> Result<(), Damaged> {
    let kind = from.byte()?;
    path.push(char::from(kind));
    match kind {
        b'i' => drop(write!(path, "{}", i64::from_le_bytes(from.array()?))), // a String takes everything
        b'r' => drop(write!(path, "{:016x}", u64::from_le_bytes(from.array()?))),
        b't' => push_escaped(path, text(from.prefixed()?)?),
        b'b' => push_hex(path, from.prefixed()?),
        _ => {}
    }
    Ok(())
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
            let _ = write!(path, "~{byte:02X}");
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
