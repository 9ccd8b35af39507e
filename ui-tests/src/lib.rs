//! What the compiler says to users of terrace.
//!
//! `fail/<theme>/<case>.rs` is one mistake, and its first line says why it must not compile; the `.stderr` beside it is
//! what the user reads then. `pass/<case>.rs` is code around which the derive has to work: names that shadow, lints that
//! deny, the crate under another name.
//!
//! * Run one case: `cargo test -p terrace-ui-tests ui_fail trybuild=id/missing`.
//! * After a message has changed on purpose: `TRYBUILD=overwrite cargo test -p terrace-ui-tests ui_fail`, then read
//!   the difference of every `.stderr` as a user would: does its first line say what is wrong, is the caret on the
//!   smallest guilty word, does it say what to type, and is it the only error?
//!
//! The messages belong to the compiler that `rust-toolchain.toml` pins. Cases whose message quotes the source of the
//! standard library do not belong here: it is shown only where `rust-src` is installed.
