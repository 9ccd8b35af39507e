//! The archive: snapshots in a lake, promoted, kept there, and restored into any object.
//!
//! Invariants 3, 6 and 10.
#![cfg(feature = "lake")]
#![allow(clippy::unwrap_used)] // the world of a test

mod faults;
mod orders;
mod restoring;
mod retention;
mod world;
