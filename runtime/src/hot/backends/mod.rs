//! The places where SQLite runs.

#[cfg(all(feature = "worker", target_family = "wasm"))]
pub(crate) mod durable;
#[cfg(feature = "native")]
pub(crate) mod native;

#[cfg(not(any(feature = "native", all(feature = "worker", target_family = "wasm"))))]
compile_error!(
    "terrace needs a place to run: feature `native`, or on wasm32-unknown-unknown feature `worker`"
);

/// What SQLite says of a statement beyond one of them.
pub(crate) const BEYOND_LIMIT: [&str; 4] = ["too many", "too large", "too long", "variable number must be"];
