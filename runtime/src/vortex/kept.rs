//! Parts of a segment that are decoded once, however many ranges of it are read.

use std::sync::OnceLock;

use super::error::Outcome;

/// What is decoded when it is first asked for.
#[derive(Debug)]
pub(crate) struct Kept<T>(OnceLock<T>);

impl<T> Kept<T> {
    pub(crate) fn new() -> Self {
        Self(OnceLock::new())
    }

    /// What `of` says of it; 0 where it was not decoded yet.
    pub(crate) fn memory(&self, of: impl FnOnce(&T) -> usize) -> usize {
        self.0.get().map_or(0, of)
    }

    pub(crate) fn get(&self, decode: impl FnOnce() -> Outcome<T>) -> Outcome<&T> {
        if let Some(kept) = self.0.get() {
            return Ok(kept);
        }
        let decoded = decode()?;
        Ok(self.0.get_or_init(|| decoded))
    }
}
