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

/// The columns that SQLite names in `UNIQUE constraint failed: t.a, t.b`, by the name of the collection.
pub(crate) fn columns(problem: &str) -> String {
    problem.rsplit(": ").next().unwrap_or_default().replace(super::columnar::ROWS, "")
}
