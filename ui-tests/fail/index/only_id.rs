// Documents are found by their id without an index.
use terrace::prelude::*;

#[derive(Collection)]
struct Order {
    #[id]
    #[index]
    id: i64,
}

fn main() {}
