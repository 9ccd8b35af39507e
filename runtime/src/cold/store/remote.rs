//! A store over the network, under whatever executor it is polled by: its client needs one of Tokio's, and is given one.

use std::ops::Range;

use async_compat::CompatExt;
use bytes::Bytes;

use super::{PutMode, Store, StoredFile, Task, native::Native};

/// The store.
#[derive(Debug)]
pub(super) struct Remote(pub(super) Native);

impl Store for Remote {
    fn get<'a>(&'a self, path: &'a str, range: Option<Range<u64>>) -> Task<'a, Bytes> {
        Box::pin(self.0.get(path, range).compat())
    }

    fn put<'a>(&'a self, path: &'a str, bytes: Bytes, mode: PutMode) -> Task<'a, ()> {
        Box::pin(self.0.put(path, bytes, mode).compat())
    }

    fn delete<'a>(&'a self, path: &'a str) -> Task<'a, ()> {
        Box::pin(self.0.delete(path).compat())
    }

    fn list<'a>(&'a self, folder: &'a str) -> Task<'a, Vec<StoredFile>> {
        Box::pin(self.0.list(folder).compat())
    }
}
