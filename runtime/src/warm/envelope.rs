//! An entry as bytes: what is cached, with all that tells whether it may be used.
//!
//! ```text
//! format u8 (3) · the key's path: length varint and text · what its hash stands for: length varint and bytes ·
//! checksum u64 (XXH3 of what follows) · known true at, i64 µs · time to live, u64 µs · stamp u64 ·
//! generation 16 bytes, 0 for none · tags: count varint, each length varint and text ·
//! documents: count varint, each as a row of the log
//! ```
//! The key is compared in full, so that whatever a cache finds things by, nothing is read under another key, and needs no
//! checksum. Numbers are little-endian. Invariant 8: whatever a cache gives back, [`Entry::open`] and [`Entry::decode`]
//! make an answer of it or nothing.

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
const FORMAT: u8 = 3;
/// How many bytes a checksum has.
const CHECKSUM: usize = 8;
// where the parts of the head are, which are read when they are asked for: so an entry is small, and a hit moves little
const KNOWN_AT: usize = 0;
const TTL: usize = KNOWN_AT + 8;
const STAMP: usize = TTL + 8;
const GENERATION: usize = STAMP + 8;
const TAGS: usize = GENERATION + 16;

const NO_GENERATION: [u8; 16] = [0; 16];

/// What is cached under a key.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    bytes: Arc<[u8]>,
    /// Where the head begins, and the documents.
    head: usize,
    documents: usize,
    count: u64,
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
        let mut bytes = vec![FORMAT];
        put_bytes(&mut bytes, key.path().as_bytes());
        put_bytes(&mut bytes, key.detail());
        bytes.extend_from_slice(&[0; CHECKSUM]);
        let start = bytes.len();
        put_head(&mut bytes, head);
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
        close(&mut bytes, start);
        Ok(bytes.into())
    }

    /// Reads an entry that was found under a key; not its documents yet.
    pub(super) fn open(bytes: Arc<[u8]>, key: &Address) -> Result<Self, Damaged> {
        let mut from = Reader::new(&bytes);
        if from.byte()? != FORMAT {
            return Err(Damaged("the format is not known"));
        }
        if !key.is(from.prefixed()?, from.prefixed()?) {
            return Err(Damaged("it is of another key"));
        }
        let checksum = u64::from_le_bytes(from.array()?);
        let head = bytes.len() - from.len();
        if checksum != xxh3_64(&bytes[head..]) {
            return Err(Damaged("the checksum is another"));
        }
        from.take(TAGS)?;
        for _ in 0..from.varint()? {
            from.prefixed()?;
        }
        let count = from.varint()?;
        let documents = bytes.len() - from.len();
        Ok(Self { bytes, head, documents, count })
    }

    /// The same, known to be true at a later moment.
    pub(super) fn known_since(&self, known_at: Timestamp) -> Arc<[u8]> {
        let mut bytes = self.bytes.to_vec();
        let at = self.head + KNOWN_AT;
        bytes[at..at + 8].copy_from_slice(&known_at.micros().to_le_bytes());
        close(&mut bytes, self.head);
        bytes.into()
    }

    /// When it was last known to be true.
    pub(super) fn known_at(&self) -> Timestamp {
        Timestamp::from_micros(i64::from_le_bytes(self.part(KNOWN_AT)))
    }

    pub(super) fn ttl(&self) -> Duration {
        Duration::from_micros(u64::from_le_bytes(self.part(TTL)))
    }

    pub(super) fn stamp(&self) -> u64 {
        u64::from_le_bytes(self.part(STAMP))
    }

    pub(super) fn generation(&self) -> Option<Generation> {
        Some(self.part(GENERATION)).filter(|bytes| *bytes != NO_GENERATION).map(Generation)
    }

    /// Bytes of the head, which is there: it was read when the entry was opened.
    fn part<const N: usize>(&self, at: usize) -> [u8; N] {
        self.bytes[self.head + at..].first_chunk().copied().unwrap_or([0; N])
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The tags that it was stored with.
    pub(super) fn tags(&self) -> Vec<&str> {
        let mut from = Reader::new(&self.bytes[self.head + TAGS..]);
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

/// Puts the checksum of the head, and of all after it, before it.
fn close(bytes: &mut [u8], head: usize) {
    let checksum = xxh3_64(&bytes[head..]);
    bytes[head - CHECKSUM..head].copy_from_slice(&checksum.to_le_bytes());
}

fn storages<T: Collection>() -> impl ExactSizeIterator<Item = Storage> {
    T::SCHEMA.columns.iter().map(|column| column.kind.storage())
}
