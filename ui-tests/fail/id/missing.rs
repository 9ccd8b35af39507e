// Without an id no document could be found, changed or deleted.
use terrace::prelude::*;

#[derive(Collection)]
struct Order {
    number: i64,
    total: i64,
}

fn main() {}
