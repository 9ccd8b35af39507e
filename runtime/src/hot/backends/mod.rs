//! The places where SQLite runs.

#[cfg(feature = "native")]
pub(crate) mod native;
