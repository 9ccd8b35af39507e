//! The bytes of one file, range by range: those close to each other with one request, and none twice.

use std::{ops::Range, sync::Arc};

use bytes::Bytes;
use futures_util::future::try_join_all;

use super::{
    super::store::Store,
    error::{Outcome, damaged},
    ranges::joined,
};

/// Ranges no further apart than this are read as one: a request costs more than these bytes.
const GAP: u64 = 4096;
/// So many requests are waited for together; a Durable Object has six connections.
const AT_ONCE: usize = 6;

/// What has been read of a file.
#[derive(Debug)]
pub(super) struct Fetch {
    /// Without one, all of the file is held.
    store: Option<Arc<dyn Store>>,
    path: String,
    size: u64,
    held: Vec<(Range<u64>, Bytes)>,
    pub(super) requests: u64,
    pub(super) bytes: u64,
}

impl Fetch {
    /// A file of this size.
    pub(super) fn new(store: Arc<dyn Store>, path: String, size: u64) -> Self {
        Self { store: Some(store), path, size, held: Vec::new(), requests: 0, bytes: 0 }
    }

    /// A file that is in memory.
    pub(super) fn in_memory(bytes: Bytes) -> Self {
        let size = bytes.len() as u64;
        Self { store: None, path: String::new(), size, held: vec![(0..size, bytes)], requests: 0, bytes: 0 }
    }

    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// The bytes of each range.
    pub(super) async fn get(&mut self, ranges: &[Range<u64>]) -> Outcome<Vec<Bytes>> {
        if ranges.iter().any(|range| range.start > range.end || range.end > self.size) {
            return Err(damaged("a part of it is said to be beyond its end"));
        }
        let mut missing: Vec<_> = ranges.iter().filter(|range| self.held(range).is_none()).cloned().collect();
        missing.sort_unstable_by_key(|range| range.start);
        for some in joined(missing, GAP).chunks(AT_ONCE) {
            let Some(store) = &self.store else { break };
            let requests = some.iter().map(|range| store.get(&self.path, Some(range.clone())));
            let found = try_join_all(requests).await?;
            for (range, bytes) in some.iter().zip(found) {
                if bytes.len() as u64 != range.end - range.start {
                    return Err(damaged("it is shorter than the table says"));
                }
                self.requests += 1;
                self.bytes += bytes.len() as u64;
                self.held.push((range.clone(), bytes));
            }
        }
        let all: Option<Vec<Bytes>> = ranges.iter().map(|range| self.held(range)).collect();
        all.ok_or_else(|| damaged("a part of it was not read"))
    }

    /// As [`Fetch::get`], of one range.
    pub(super) async fn one(&mut self, range: Range<u64>) -> Outcome<Bytes> {
        Ok(self.get(&[range]).await?.pop().unwrap_or_default())
    }

    fn held(&self, range: &Range<u64>) -> Option<Bytes> {
        if range.is_empty() {
            return Some(Bytes::new());
        }
        let (all, bytes) =
            self.held.iter().find(|(all, _)| all.start <= range.start && range.end <= all.end)?;
        let at = |offset: u64| usize::try_from(offset - all.start).ok();
        Some(bytes.slice(at(range.start)?..at(range.end)?))
    }

    /// Forgets everything but what was read first: the end of the file.
    pub(super) fn forget(&mut self) {
        self.held.truncate(1);
    }
}
