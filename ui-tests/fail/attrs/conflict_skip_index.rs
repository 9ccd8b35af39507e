// A skipped field is not stored, so nothing of it can be indexed.
use terrace::prelude::*;

#[derive(Collection)]
struct Order {
    #[id]
    id: i64,
    #[skip]
    #[index]
    code: String,
}

fn main() {}
