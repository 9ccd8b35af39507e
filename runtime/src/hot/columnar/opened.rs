//! Segments that were read and are kept open, so that they need not be read, checked and parsed each time.
//!
//! What is kept stays true for as long as its group is there: segments do not change, and the number of a group is not
//! used again. Nothing reads a group in the transaction that makes it, so a rollback takes back no group of which
//! something was read.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::vortex::OwnedSegment;

/// How many bytes of memory the segments take together at most.
const MEMORY: usize = 16 << 20;

/// The segments that were used last, by their ids.
#[derive(Debug, Default)]
pub(in crate::hot) struct Opened {
    segments: FxHashMap<i64, Entry>,
    /// The bytes of memory that they take.
    memory: usize,
    /// How many times one was used.
    uses: u64,
}

#[derive(Debug)]
struct Entry {
    segment: Arc<OwnedSegment>,
    memory: usize,
    used: u64,
}

impl Opened {
    pub(super) fn get(&mut self, id: i64) -> Option<Arc<OwnedSegment>> {
        let entry = self.segments.get_mut(&id)?;
        self.uses += 1;
        entry.used = self.uses;
        let segment = entry.segment.clone();
        // it may have decoded a dictionary since
        let memory = segment.memory();
        self.memory = self.memory - entry.memory + memory;
        entry.memory = memory;
        self.make_room();
        Some(segment)
    }

    pub(super) fn keep(&mut self, id: i64, segment: &Arc<OwnedSegment>) {
        self.uses += 1;
        let entry = Entry { segment: segment.clone(), memory: segment.memory(), used: self.uses };
        self.memory += entry.memory;
        if let Some(before) = self.segments.insert(id, entry) {
            self.memory -= before.memory;
        }
        self.make_room();
    }

    /// Forgets a quarter and more of what is kept, that which was not used for longest, if it is too much.
    fn make_room(&mut self) {
        if self.memory <= MEMORY {
            return;
        }
        let mut oldest: Vec<(u64, i64)> = self.segments.iter().map(|(&id, entry)| (entry.used, id)).collect();
        oldest.sort_unstable();
        for (_, id) in oldest {
            if self.memory <= MEMORY / 4 * 3 {
                break;
            }
            self.memory -= self.segments.remove(&id).map_or(0, |entry| entry.memory);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        value::ValueRef,
        vortex::{Column, DataType, Profile, encode},
    };

    #[test]
    fn what_was_not_used_for_longest_is_forgotten_when_it_is_too_much() {
        let mut blobs = Column::new(DataType::Bytes, false);
        let mut bits = 1u64;
        let noise = (0..3 << 19).map(|_| {
            bits ^= bits << 13;
            bits ^= bits >> 7;
            bits ^= bits << 17;
            bits.to_le_bytes()[0]
        });
        blobs.push(ValueRef::Blob(&noise.collect::<Vec<_>>())).unwrap();
        let bytes = encode(&blobs, Profile::Fast).unwrap();
        let mut opened = Opened::default();
        for id in 0..100 {
            opened.keep(id, &Arc::new(OwnedSegment::open(bytes.clone()).unwrap()));
            assert!(opened.get(0).is_some(), "it was used after all others");
            assert!(opened.get(id).is_some(), "it was used last");
            assert!(opened.memory <= MEMORY);
            assert_eq!(opened.memory, opened.segments.values().map(|entry| entry.memory).sum::<usize>());
        }
        assert!(opened.get(50).is_none());
        assert!(opened.segments.len() >= 6);
    }
}
