//! An entry as bytes: what is cached, with all that tells whether it may be used.
//!
//! ```text
//! checksum u64 (XXH3 of what follows) · format u8 (2) · known true at, i64 µs · time to live, u64 µs · stamp u64 ·
//! generation 16 bytes, 0 for none · the key's path: length varint and text · what its hash stands for: length varint and
//! bytes · tags: count varint, each length varint and text · documents: count varint, each as a row of the log
//! ```
//! The key is compared in full, so that whatever a cache finds things by, nothing is read under another key.
//! Numbers are little-endian. Invariant 8: whatever a cache gives back, [`Entry::open`] and [`Entry::decode`] make an
//! answer of it or nothing.

use std::{sync::Arc, time::Duration};

use xxhash_rust::xxh3::xxh3_64;

use crate::{
    Timestamp,
    bytes::{Damaged, Reader, put_varint},
    cdc::{Generation, row},
    schema::{Collection, FieldError, Storage},
    value::{RowBuf, ValueRef},
};

use super::{answer::Answer, key::Address};

/// The most bytes that an entry may have: one megabyte.
pub const MAX_ENTRY_BYTES: usize = 1_000_000;

/// A document of so many columns is decoded without asking for memory.
const FEW: usize = 16;
const FORMAT: u8 = 2;
// where the parts of the head are, which are read when they are asked for: so an entry is small, and a hit moves little
const KNOWN_AT: usize = 9;
const TTL: usize = KNOWN_AT + 8;
const STAMP: usize = TTL + 8;
const GENERATION: usize = STAMP + 8;
const HEAD: usize = GENERATION + 16 - KNOWN_AT;

const NO_GENERATION: [u8; 16] = [0; 16];

/// What is cached under a key.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    bytes: Arc<[u8]>,
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
    /// What the invalidations were when it was loaded.
    pub(super) stamp: u64,
    pub(super) generation: Option<Generation>,
}

impl Entry {
    /// Makes an entry.
    pub(super) fn seal<A: Answer>(
        key: &Address,
        head: Head,
        tags: &[String],
        answer: &A,
    ) -> Result<Arc<[u8]>, FieldError> {
        let mut bytes = vec![0; 8];
        bytes.push(FORMAT);
        put_head(&mut bytes, head);
        put_bytes(&mut bytes, key.path().as_bytes());
        put_bytes(&mut bytes, key.detail());
        put_varint(&mut bytes, tags.len() as u64);
        for tag in tags {
            put_bytes(&mut bytes, tag.as_bytes());
        }
        put_varint(&mut bytes, answer.documents().len() as u64);
        let mut row = RowBuf::new();
        for document in answer.documents() {
            row.clear();
            document.write(&mut row)?;
            let columns = storages::<A::Document>().enumerate();
            row::encode(&mut bytes, &row, columns).map_err(|source| FieldError { column: "", source })?;
        }
        close(&mut bytes);
        Ok(bytes.into())
    }

    /// Reads an entry that was found under a key; not its documents yet.
    pub(super) fn open(bytes: Arc<[u8]>, key: &Address) -> Result<Self, Damaged> {
        let mut from = Reader::new(&bytes);
        let checksum = u64::from_le_bytes(from.array()?);
        if checksum != xxh3_64(&bytes[8..]) {
            return Err(Damaged("the checksum is another"));
        }
        if from.byte()? != FORMAT {
            return Err(Damaged("the format is not known"));
        }
        from.take(HEAD)?;
        if !key.is(from.prefixed()?, from.prefixed()?) {
            return Err(Damaged("it is of another key"));
        }
        let tags = bytes.len() - from.len();
        for _ in 0..from.varint()? {
            from.prefixed()?;
        }
        let count = from.varint()?;
        let documents = bytes.len() - from.len();
        Ok(Self { bytes, count, tags, documents })
    }

    /// The same, known to be true at a later moment.
    pub(super) fn known_since(&self, known_at: Timestamp) -> Arc<[u8]> {
        let mut bytes = self.bytes.to_vec();
        bytes[KNOWN_AT..KNOWN_AT + 8].copy_from_slice(&known_at.micros().to_le_bytes());
        close(&mut bytes);
        bytes.into()
    }

    /// When it was last known to be true.
    pub(super) fn known_at(&self) -> Timestamp {
        Timestamp::from_micros(i64::from_le_bytes(self.head(KNOWN_AT)))
    }

    pub(super) fn ttl(&self) -> Duration {
        Duration::from_micros(u64::from_le_bytes(self.head(TTL)))
    }

    pub(super) fn stamp(&self) -> u64 {
        u64::from_le_bytes(self.head(STAMP))
    }

    pub(super) fn generation(&self) -> Option<Generation> {
        Some(self.head(GENERATION)).filter(|bytes| *bytes != NO_GENERATION).map(Generation)
    }

    /// Bytes of the head, which is there: it was read when the entry was opened.
    fn head<const N: usize>(&self, at: usize) -> [u8; N] {
        self.bytes[at..].first_chunk().copied().unwrap_or([0; N])
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
    #[inline]
    pub(super) fn decode<A: Answer>(&self) -> Option<A> {
        let mut from = Reader::new(&self.bytes[self.documents..]);
        let columns = A::Document::SCHEMA.columns.len();
        let (mut few, mut many) = ([ValueRef::Null; FEW], Vec::new());
        let values = if let Some(few) = few.get_mut(..columns) {
            few
        } else {
            many.resize(columns, ValueRef::Null);
            &mut many
        };
        let answer = A::collect(self.count, || {
            row::decode_into(values, &mut from, A::Document::SCHEMA.columns).ok()?;
            A::Document::read(&&*values).ok()
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

fn put_bytes(to: &mut Vec<u8>, bytes: &[u8]) {
    put_varint(to, bytes.len() as u64);
    to.extend_from_slice(bytes);
}

fn close(bytes: &mut [u8]) {
    let checksum = xxh3_64(&bytes[8..]);
    bytes[..8].copy_from_slice(&checksum.to_le_bytes());
}

fn storages<T: Collection>() -> impl ExactSizeIterator<Item = Storage> {
    T::SCHEMA.columns.iter().map(|column| column.kind.storage())
}
