//! The warm tier: what was read is kept in a cache, for as long and as exactly as the reader asks for.
//!
//! Knows `schema`, `value`, and of `cdc` the bytes of a row and the name of a generation; not the hot tier: what joins the
//! two is above both. A cache is a leaf: the memory of this process ([`Cache::in_memory`]), or anything behind the trait
//! [`Store`], as the Cache API of Workers.
//!
//! Keeps invariant 9: whatever a cache does, fail, be slow, forget, give back old or damaged bytes, a read has the answer of
//! its source, and is never older than its bound.

mod answer;
mod backends;
mod cache;
mod counters;
mod envelope;
mod flight;
mod key;
mod policy;
mod read;
mod schema_hash;
mod scope;
mod store;
mod tokens;

pub use answer::{Answer, Source};
pub use cache::Cache;
pub use counters::Counters;
pub use envelope::MAX_ENTRY_BYTES;
pub use key::{Cacheable, Key};
pub use policy::{Consistency, Policy};
pub use scope::Scope;
pub use store::{CacheError, Sendable, Store, Task, Threads};
