// A newtype is stored as what it wraps, and that does not fit.
use terrace::prelude::*;

#[derive(Embed)]
struct Hash(u64);

fn main() {}
