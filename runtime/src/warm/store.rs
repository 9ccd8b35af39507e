//! What the warm tier asks of a cache that is not in this process: the one small trait behind which it is a leaf.

use std::{error::Error, fmt, time::Duration};

pub use crate::task::{Sendable, Threads};

/// For how long a store is asked to keep something at most, and to keep a token: a year.
pub(super) const LONGEST: Duration = Duration::from_hours(365 * 24);

/// What a store does: natively it can be sent to another thread; in a Worker, which has one, it cannot.
pub type Task<'a, R> = crate::task::Task<'a, R, CacheError>;

/// A cache for bytes: the Cache API of a Worker, or any other that knows a key and an age.
///
/// It may forget anything at any time, and give back whatever was once stored under a key or damaged bytes. A key is the
/// path of a URL without its first slash.
pub trait Store: fmt::Debug + Threads {
    /// What is stored under a key.
    fn get<'a>(&'a self, key: &'a str) -> Task<'a, Option<Vec<u8>>>;

    /// Stores bytes that nobody needs any more after `max_age`: whole seconds, one or more.
    fn put<'a>(&'a self, key: &'a str, bytes: Vec<u8>, max_age: Duration) -> Task<'a, ()>;

    /// Removes what is stored under a key; what is not there is removed already.
    fn delete<'a>(&'a self, key: &'a str) -> Task<'a, ()>;
}

/// What a cache could not do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CacheError {
    /// It failed.
    #[error("the cache failed: {0}; what it holds may still be served until it expires")]
    Failed(#[source] Box<dyn Error + Send + Sync>),
    /// It did not answer in time.
    #[error("the cache did not answer in time; what it holds may still be served until it expires")]
    TimedOut,
}
