//! The warm tier. Time is what the tests say it is.
#![cfg(feature = "warm")]
#![allow(clippy::unwrap_used)]

mod faults;
mod features;
mod flights;
mod keys;
mod model;
