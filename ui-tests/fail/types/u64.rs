// The upper half of `u64` does not fit SQLite's signed integers.
use terrace::prelude::*;

#[derive(Collection)]
struct Page {
    #[id]
    id: i64,
    hash: u64,
}

fn main() {}
