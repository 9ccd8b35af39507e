// A skipped field has no column, so this table would have none.
use terrace::prelude::*;

#[derive(Collection)]
struct Cache {
    #[skip]
    hits: u32,
    #[skip]
    misses: u32,
}

fn main() {}
