// A field called `id` is not yet the id: that is said, never guessed.
use terrace::prelude::*;

#[derive(Collection)]
struct Order {
    id: i64,
    total: i64,
}

fn main() {}
