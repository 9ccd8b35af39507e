//! A store in memory that counts what it is asked for.

use std::{
    collections::BTreeMap,
    ops::Range,
    sync::{Mutex, PoisonError},
};

use bytes::Bytes;
use terrace::{
    Timestamp,
    cold::{PutMode, Store, StoreError, StoreErrorKind, StoredFile, store::Task},
};

/// The store.
#[derive(Debug, Default)]
pub(crate) struct Counted(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    files: BTreeMap<String, Bytes>,
    counts: Counts,
}

/// What was asked for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    /// Bytes that were read.
    pub(crate) read: u64,
    /// Files that were stored, but for those of rows.
    pub(crate) puts: u64,
}

impl Counted {
    fn state<R>(&self, with: impl FnOnce(&mut State) -> R) -> R {
        with(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What was asked for since the last time.
    pub(crate) fn take(&self) -> Counts {
        self.state(|state| std::mem::take(&mut state.counts))
    }

    /// How many files of rows there are, and their bytes.
    pub(crate) fn data(&self, folder: &str) -> (usize, u64) {
        self.state(|state| {
            let of_rows = |(path, _): &(&String, &Bytes)| path.starts_with(folder) && path.ends_with(".parquet");
            let files = state.files.iter().filter(of_rows);
            files.fold((0, 0), |(count, size), (_, bytes)| (count + 1, size + bytes.len() as u64))
        })
    }
}

impl Store for Counted {
    fn get<'a>(&'a self, path: &'a str, range: Option<Range<u64>>) -> Task<'a, Bytes> {
        Box::pin(async move {
            self.state(|state| {
                let found = state.files.get(path);
                let bytes = found.ok_or_else(|| StoreError::new(path, StoreErrorKind::NotFound))?;
                let at = |offset: u64| usize::try_from(offset).map_or(bytes.len(), |at| at.min(bytes.len()));
                let bytes = range.map_or_else(|| bytes.clone(), |range| bytes.slice(at(range.start)..at(range.end)));
                state.counts.read += bytes.len() as u64;
                Ok(bytes)
            })
        })
    }

    fn put<'a>(&'a self, path: &'a str, bytes: Bytes, mode: PutMode) -> Task<'a, ()> {
        Box::pin(async move {
            self.state(|state| {
                if mode == PutMode::Create && state.files.contains_key(path) {
                    return Err(StoreError::new(path, StoreErrorKind::Exists));
                }
                state.counts.puts += u64::from(!path.ends_with(".parquet"));
                state.files.insert(path.to_owned(), bytes);
                Ok(())
            })
        })
    }

    fn delete<'a>(&'a self, path: &'a str) -> Task<'a, ()> {
        Box::pin(async move {
            self.state(|state| state.files.remove(path));
            Ok(())
        })
    }

    fn list<'a>(&'a self, folder: &'a str) -> Task<'a, Vec<StoredFile>> {
        Box::pin(async move {
            Ok(self.state(|state| {
                let below = state.files.iter().filter(|(path, _)| path.starts_with(folder));
                let file = |(path, bytes): (&String, &Bytes)| StoredFile {
                    path: path.clone(),
                    size: bytes.len() as u64,
                    modified: Timestamp::now(),
                };
                below.map(file).collect()
            }))
        })
    }
}
