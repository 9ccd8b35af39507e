//! An entry as bytes: what is cached, with all that tells whether it may be used.
//!
//! ```text
//! checksum u64 (XXH3 of what follows and of the key's path) · format u8 (1) · known true at, i64 µs · time to live, u64 µs ·
//! stamp u64 · generation 16 bytes, 0 for none · tags: count varint, each length varint and text ·
//! what the key's hash stands for: length varint and bytes · documents: count varint, each as a row of the log
//! ```
//! Numbers are little-endian. Invariant 8: whatever a cache gives back, [`Entry::open`] and [`Entry::decode`] make an
//! answer of it or nothing.

use std::{sync::Arc, time::Duration};

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use crate::{
    Timestamp,
    bytes::{Damaged, Reader, put_varint},
    cdc::{Generation, row},
    schema::{Collection, FieldError, Storage},
    value::{RowBuf, ValueRef},
};

use super::{answer::Answer, key::Key};

/// The most bytes that an entry may have: one megabyte.
pub const MAX_ENTRY_BYTES: usize = 1_000_000;

const FORMAT: u8 = 1;
const NO_GENERATION: [u8; 16] = [0; 16];

/// What is cached under a key.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) bytes: Arc<[u8]>,
    pub(super) known_at: Timestamp,
    pub(super) ttl: Duration,
    /// What the invalidations were when it was loaded.
    pub(super) stamp: u64,
    pub(super) generation: Option<Generation>,
    count: u64,
    /// Where the tags begin, and the documents.
    tags: usize,
    documents: usize,
}

/// What an entry says of itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    pub(super) known_at: Timestamp,
    pub(super) ttl: Duration,
    pub(super) stamp: u64,
    pub(super) generation: Option<Generation>,
}

impl Entry {
    /// Makes an entry.
    pub(super) fn seal<A: Answer>(
        key: &Key<A::Document>,
        head: Head,
        tags: &[String],
        answer: &A,
    ) -> Result<Arc<[u8]>, FieldError> {
        let mut bytes = vec![0; 8];
        bytes.push(FORMAT);
        put_head(&mut bytes, head);
        put_varint(&mut bytes, tags.len() as u64);
        for part in tags.iter().map(String::as_bytes).chain([key.detail()]) {
            put_varint(&mut bytes, part.len() as u64);
            bytes.extend_from_slice(part);
        }
        put_varint(&mut bytes, answer.documents().len() as u64);
        let mut row = RowBuf::new();
        for document in answer.documents() {
            row.clear();
            document.write(&mut row)?;
            let columns = storages::<A::Document>().enumerate();
            row::encode(&mut bytes, &row, columns).map_err(|source| FieldError { column: "", source })?;
        }
        close(&mut bytes, key);
        Ok(bytes.into())
    }

    /// Reads an entry that was found under a key; not its documents yet.
    pub(super) fn open<T>(bytes: Arc<[u8]>, key: &Key<T>) -> Result<Self, Damaged> {
        let mut from = Reader::new(&bytes);
        let checksum = u64::from_le_bytes(from.array()?);
        if checksum != checksum_of(&bytes[8..], key) {
            return Err(Damaged("the checksum is another"));
        }
        if from.byte()? != FORMAT {
            return Err(Damaged("the format is not known"));
        }
        let known_at = Timestamp::from_micros(i64::from_le_bytes(from.array()?));
        let ttl = Duration::from_micros(u64::from_le_bytes(from.array()?));
        let stamp = u64::from_le_bytes(from.array()?);
        let generation = Some(from.array()?).filter(|bytes| *bytes != NO_GENERATION).map(Generation);
        let tags = bytes.len() - from.len();
        for _ in 0..from.varint()? {
            from.prefixed()?;
        }
        if from.prefixed()? != key.detail() {
            return Err(Damaged("it is of another query with the same hash"));
        }
        let count = from.varint()?;
        let documents = bytes.len() - from.len();
        Ok(Self { bytes, known_at, ttl, stamp, generation, count, tags, documents })
    }

    /// The same, known to be true at a later moment.
    pub(super) fn known_since<T>(&self, known_at: Timestamp, key: &Key<T>) -> Arc<[u8]> {
        let mut bytes = self.bytes.to_vec();
        bytes[9..17].copy_from_slice(&known_at.micros().to_le_bytes());
        close(&mut bytes, key);
        bytes.into()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The tags that it was stored with.
    pub(super) fn tags(&self) -> Vec<&str> {
        let mut from = Reader::new(&self.bytes[self.tags..]);
        let count = from.varint().unwrap_or(0);
        let mut tag = || std::str::from_utf8(from.prefixed().ok()?).ok();
        (0..count).map_while(|_| tag()).collect()
    }

    /// The answer; none when the bytes are not one.
    pub(super) fn decode<A: Answer>(&self) -> Option<A> {
        let mut from = Reader::new(&self.bytes[self.documents..]);
        let answer = A::collect(self.count, || {
            let values: Vec<ValueRef<'_>> = row::decode(&mut from, storages::<A::Document>()).ok()?;
            A::Document::read(&values.as_slice()).ok()
        })?;
        from.is_empty().then_some(answer)
    }
}

fn put_head(to: &mut Vec<u8>, head: Head) {
    to.extend_from_slice(&head.known_at.micros().to_le_bytes());
    let ttl = u64::try_from(head.ttl.as_micros()).unwrap_or(u64::MAX);
    to.extend_from_slice(&ttl.to_le_bytes());
    to.extend_from_slice(&head.stamp.to_le_bytes());
    to.extend_from_slice(&head.generation.map_or(NO_GENERATION, |generation| generation.0));
}

fn close<T>(bytes: &mut [u8], key: &Key<T>) {
    let checksum = checksum_of(&bytes[8..], key);
    bytes[..8].copy_from_slice(&checksum.to_le_bytes());
}

fn checksum_of<T>(bytes: &[u8], key: &Key<T>) -> u64 {
    xxh3_64_with_seed(bytes, xxh3_64(key.as_str().as_bytes()))
}

fn storages<T: Collection>() -> impl ExactSizeIterator<Item = Storage> {
    T::SCHEMA.columns.iter().map(|column| column.kind.storage())
}
