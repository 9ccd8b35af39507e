//! Parquet's decoder and what it panics about.
//!
//! What can be checked beforehand is (`footer`, `pages`); what a page holds is known only once it is decoded, and there a
//! contradiction may be a panic. Here that is an error, where panics can be caught: not in wasm, where the Worker's entry
//! answers for it (ARCHITECTURE, "Inside of a Durable Object").

use super::error::Outcome;

/// The outcome of `decode`, whose state is not used again after an error.
#[cfg(panic = "unwind")]
pub(super) fn guarded<T>(decode: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::error::damaged;

    catch_unwind(AssertUnwindSafe(decode))
        .unwrap_or_else(|_| Err(damaged("the contents of a page contradict it")))
}

/// As it is.
#[cfg(not(panic = "unwind"))]
pub(super) fn guarded<T>(decode: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
    decode()
}
