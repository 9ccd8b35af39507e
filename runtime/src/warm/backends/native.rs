//! Entries in the memory of this process, by moka: the least useful ones go when there is no room.

use std::sync::Arc;

use moka::{policy::EvictionPolicy, sync::Cache};

/// What moka keeps beside the bytes of a key and of an entry, roughly.
const OVERHEAD: usize = 150;

#[derive(Debug)]
pub(in crate::warm) struct Native(Cache<String, Arc<[u8]>>);

impl Native {
    pub(in crate::warm) fn new(max_bytes: u64) -> Self {
        let weigh = |key: &String, bytes: &Arc<[u8]>| {
            u32::try_from(key.len() + bytes.len() + OVERHEAD).unwrap_or(u32::MAX)
        };
        let policy = EvictionPolicy::tiny_lfu();
        Self(Cache::builder().max_capacity(max_bytes).weigher(weigh).eviction_policy(policy).build())
    }

    pub(in crate::warm) fn get(&self, key: &str) -> Option<Arc<[u8]>> {
        self.0.get(key)
    }

    pub(in crate::warm) fn put(&self, key: &str, bytes: Arc<[u8]>) {
        self.0.insert(key.to_owned(), bytes);
    }

    pub(in crate::warm) fn delete(&self, key: &str) {
        self.0.invalidate(key);
    }
}
