//! Where entries are: in this process, or in a store with a time limit.

#[cfg(not(target_family = "wasm"))]
pub(super) mod native;
pub(super) mod remote;
