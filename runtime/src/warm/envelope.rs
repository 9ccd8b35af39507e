//! An entry as bytes: what is cached, with all that tells whether it may be used.
//!
//! ```text
//! format u8 (4) · length of the key's identity u32 · the key's identity · checksum u64 (XXH3 of what follows) ·
//! known true at, i64 µs · time to live, u64 µs · stamp u64 · generation 16 bytes, 0 for none ·
//! where the documents begin u32 · how many there are u32 · tags: count varint, each length varint and text ·
//! documents, each as a row of the log
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
    value::{RowBuf, with_room},
};

use super::{answer::Answer, key::Address};

/// The most bytes that an entry may have: one megabyte.
pub const MAX_ENTRY_BYTES: usize = 1_000_000;

const FORMAT: u8 = 4;
/// Where the key's identity begins.
const IDENTITY: usize = 1 + 4;
/// How many bytes a checksum has.
const CHECKSUM: usize = 8;
// where the parts of the head are, which are read when they are asked for: so an entry is its bytes, and a hit moves little
const KNOWN_AT: usize = 0;
const TTL: usize = KNOWN_AT + 8;
const STAMP: usize = TTL + 8;
const GENERATION: usize = STAMP + 8;
const DOCUMENTS: usize = GENERATION + 16;
const COUNT: usize = DOCUMENTS + 4;
const TAGS: usize = COUNT + 4;

const NO_GENERATION: [u8; 16] = [0; 16];

/// What is cached under a key: bytes that were looked at.
#[derive(Clone, Debug)]
pub(super) struct Entry(Arc<[u8]>);

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
    ) -> Result<Self, FieldError> {
        let mut bytes = vec![FORMAT];
        put_length(&mut bytes, key.identity().len());
        bytes.extend_from_slice(key.identity());
        bytes.extend_from_slice(&[0; CHECKSUM]);
        let start = bytes.len();
        put_head(&mut bytes, head);
        put_length(&mut bytes, 0); // until it is known
        put_length(&mut bytes, answer.documents().len());
        put_varint(&mut bytes, tags.len() as u64);
        for tag in tags {
            put_varint(&mut bytes, tag.len() as u64);
            bytes.extend_from_slice(tag.as_bytes());
        }
        let documents = length(bytes.len()).to_le_bytes();
        bytes[start + DOCUMENTS..start + COUNT].copy_from_slice(&documents);
        let mut row = RowBuf::new();
        for document in answer.documents() {
            row.clear();
            document.write(&mut row)?;
            let columns = storages::<A::Document>().enumerate();
            row::encode(&mut bytes, &row, columns).map_err(|source| FieldError { column: "", source })?;
        }
        close(&mut bytes, start);
        Ok(Self(bytes.into()))
    }

    /// An entry that says that there is no document.
    #[cfg(test)]
    pub(super) fn of_nothing(key: &Address) -> Self {
        let mut bytes = vec![FORMAT];
        put_length(&mut bytes, key.identity().len());
        bytes.extend_from_slice(key.identity());
        bytes.extend_from_slice(&[0; CHECKSUM + TAGS + 1]);
        Self(bytes.into())
    }

    /// Reads an entry that a store gave for a key; not its documents yet.
    pub(super) fn open(bytes: &[u8], key: &Address) -> Result<Self, Damaged> {
        let mut from = Reader::new(bytes);
        if from.byte()? != FORMAT {
            return Err(Damaged("the format is not known"));
        }
        let identity = key.identity();
        if u32::from_le_bytes(from.array()?) != length(identity.len())
            || from.take(identity.len())? != identity
        {
            return Err(Damaged("it is of another key"));
        }
        let checksum = u64::from_le_bytes(from.array()?);
        if checksum != xxh3_64(&bytes[bytes.len() - from.len()..]) {
            return Err(Damaged("the checksum is another"));
        }
        from.take(DOCUMENTS)?;
        let documents = u32::from_le_bytes(from.array()?);
        from.take(TAGS - COUNT)?;
        for _ in 0..from.varint()? {
            from.prefixed()?;
        }
        if documents != length(bytes.len() - from.len()) {
            return Err(Damaged("its documents are elsewhere"));
        }
        Ok(Self(bytes.into()))
    }

    /// Whether it is of this key.
    pub(super) fn is_of(&self, key: &Address) -> bool {
        self.0[IDENTITY..self.head() - CHECKSUM] == *key.identity()
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The same, known to be true at a later moment, and to live from there.
    pub(super) fn known_since(&self, known_at: Timestamp, ttl: Duration) -> Self {
        let mut bytes = self.0.to_vec();
        let at = self.head() + KNOWN_AT;
        bytes[at..at + 8].copy_from_slice(&known_at.micros().to_le_bytes());
        bytes[at + TTL..at + STAMP].copy_from_slice(&micros(ttl).to_le_bytes());
        close(&mut bytes, self.head());
        Self(bytes.into())
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

    /// Where the head begins.
    fn head(&self) -> usize {
        let identity = u32::from_le_bytes(self.at(1));
        IDENTITY + identity as usize + CHECKSUM
    }

    /// Bytes of the head.
    fn part<const N: usize>(&self, at: usize) -> [u8; N] {
        self.at(self.head() + at)
    }

    /// Bytes that are there: they were read when the entry was opened.
    fn at<const N: usize>(&self, at: usize) -> [u8; N] {
        self.0[at..].first_chunk().copied().unwrap_or([0; N])
    }

    fn count(&self) -> u32 {
        u32::from_le_bytes(self.part(COUNT))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count() == 0
    }

    /// The tags that it was stored with.
    pub(super) fn tags(&self) -> Vec<&str> {
        let mut from = Reader::new(&self.0[self.head() + TAGS..]);
        let count = from.varint().unwrap_or(0);
        let mut tag = || std::str::from_utf8(from.prefixed().ok()?).ok();
        (0..count).map_while(|_| tag()).collect()
    }

    /// The answer; none when the bytes are not one.
    #[inline]
    pub(super) fn decode<A: Answer>(&self) -> Option<A> {
        let documents = u32::from_le_bytes(self.part(DOCUMENTS));
        let mut from = Reader::new(&self.0[documents as usize..]);
        let columns = A::Document::SCHEMA.columns;
        let answer = with_room(columns.len(), |values| {
            A::collect(self.count().into(), || {
                row::decode_into(values, &mut from, columns).ok()?;
                A::Document::read(&&*values).ok()
            })
        })?;
        from.is_empty().then_some(answer)
    }
}

fn put_head(to: &mut Vec<u8>, head: Head) {
    to.extend_from_slice(&head.known_at.micros().to_le_bytes());
    to.extend_from_slice(&micros(head.ttl).to_le_bytes());
    to.extend_from_slice(&head.stamp.to_le_bytes());
    to.extend_from_slice(&head.generation.map_or(NO_GENERATION, |generation| generation.0));
}

fn micros(of: Duration) -> u64 {
    u64::try_from(of.as_micros()).unwrap_or(u64::MAX)
}

fn put_length(to: &mut Vec<u8>, of: usize) {
    to.extend_from_slice(&length(of).to_le_bytes());
}

/// A length in four bytes; what has a greater one is too large to be stored.
fn length(of: usize) -> u32 {
    u32::try_from(of).unwrap_or(u32::MAX)
}

/// Puts the checksum of the head, and of all after it, before it.
fn close(bytes: &mut [u8], head: usize) {
    let checksum = xxh3_64(&bytes[head..]);
    bytes[head - CHECKSUM..head].copy_from_slice(&checksum.to_le_bytes());
}

fn storages<T: Collection>() -> impl ExactSizeIterator<Item = Storage> {
    T::SCHEMA.columns.iter().map(|column| column.kind.storage())
}
