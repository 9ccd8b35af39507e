// A skipped field is not stored, so nothing can be found by it.
use terrace::prelude::*;

#[derive(Collection)]
struct Order {
    #[skip]
    #[id]
    id: i64,
    total: i64,
}

fn main() {}
