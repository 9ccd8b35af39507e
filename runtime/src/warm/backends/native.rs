//! Entries in the memory of this process, by moka: the least useful ones go when there is no room.

use std::hash::{BuildHasherDefault, Hasher};

use moka::{policy::EvictionPolicy, sync::Cache};
use uuid::Uuid;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::warm::{envelope::Entry, key::Address};

/// What moka keeps beside the bytes of an entry, roughly.
const OVERHEAD: usize = 150;

/// The entries by the hashes of their keys: an entry says what it is of and that is compared, so keys need not be here too, and
/// two that have the same hash only displace each other. The hash has a seed of its own in each cache, so that
/// nobody can choose ids whose keys would all be searched for in one place.
#[derive(Debug)]
pub(in crate::warm) struct Native {
    entries: Cache<u64, Entry, BuildHasherDefault<Hashed>>,
    seed: u64,
}

impl Native {
    pub(in crate::warm) fn new(max_bytes: u64) -> Self {
        let weigh =
            |_: &u64, entry: &Entry| u32::try_from(entry.bytes().len() + OVERHEAD).unwrap_or(u32::MAX);
        let entries = Cache::builder().max_capacity(max_bytes).weigher(weigh);
        let entries = entries.eviction_policy(EvictionPolicy::tiny_lfu());
        Self {
            entries: entries.build_with_hasher(BuildHasherDefault::new()),
            seed: Uuid::new_v4().as_u64_pair().1,
        }
    }

    /// What is stored under the key.
    pub(in crate::warm) fn get(&self, key: &Address) -> Option<Entry> {
        self.entries.get(&self.hash(key)).filter(|entry| entry.is_of(key))
    }

    pub(in crate::warm) fn put(&self, key: &Address, entry: Entry) {
        self.entries.insert(self.hash(key), entry);
    }

    fn hash(&self, key: &Address) -> u64 {
        xxh3_64_with_seed(key.identity(), self.seed)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_the_same_hash_displace_each_other_and_are_not_taken_for_each_other() {
        let native = Native::new(1_000_000);
        let (key, other) = (Address::of(b"one"), Address::of(b"two"));
        native.put(&key, Entry::of_nothing(&key));
        assert!(native.get(&key).is_some_and(|entry| entry.is_empty()));
        native.entries.insert(native.hash(&other), Entry::of_nothing(&key));
        assert!(native.get(&other).is_none(), "it is of another key");
    }
}
