//! Entries in the memory of this process, by moka: the least useful ones go when there is no room.

use std::{
    hash::{BuildHasherDefault, Hasher},
    sync::Arc,
};

use moka::{policy::EvictionPolicy, sync::Cache};
use uuid::Uuid;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// What moka keeps beside the bytes of an entry, roughly.
const OVERHEAD: usize = 150;

/// The entries by the hashes of their keys: an entry says what it is of and the reader compares it, so keys need not be
/// here too, and two that have the same hash only displace each other. The hash has a seed of its own in each cache, so that
/// nobody can choose ids whose keys would all be searched for in one place.
#[derive(Debug)]
pub(in crate::warm) struct Native {
    entries: Cache<u64, Arc<[u8]>, BuildHasherDefault<Hashed>>,
    seed: u64,
}

impl Native {
    pub(in crate::warm) fn new(max_bytes: u64) -> Self {
        let weigh = |_: &u64, bytes: &Arc<[u8]>| u32::try_from(bytes.len() + OVERHEAD).unwrap_or(u32::MAX);
        let entries = Cache::builder().max_capacity(max_bytes).weigher(weigh);
        let entries = entries.eviction_policy(EvictionPolicy::tiny_lfu());
        Self {
            entries: entries.build_with_hasher(BuildHasherDefault::new()),
            seed: Uuid::new_v4().as_u64_pair().1,
        }
    }

    /// What is stored under the key, or under another one with the same hash.
    pub(in crate::warm) fn get(&self, key: &str) -> Option<Arc<[u8]>> {
        self.entries.get(&self.hash(key))
    }

    pub(in crate::warm) fn put(&self, key: &str, bytes: Arc<[u8]>) {
        self.entries.insert(self.hash(key), bytes);
    }

    pub(in crate::warm) fn delete(&self, key: &str) {
        self.entries.invalidate(&self.hash(key));
    }

    fn hash(&self, key: &str) -> u64 {
        xxh3_64_with_seed(key.as_bytes(), self.seed)
    }
}

/// The hash of a hash: itself.
#[derive(Debug, Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |hash, byte| hash << 8 | u64::from(*byte));
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
