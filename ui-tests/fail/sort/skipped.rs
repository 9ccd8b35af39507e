// A skipped field is not stored.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(sort(cached))]
struct Order {
    #[id]
    id: i64,
    #[skip]
    cached: i64,
}

fn main() {}
