// A document without an id could not be found again.
use terrace::prelude::*;

#[derive(Collection)]
struct Order {
    #[id]
    number: Option<i64>,
}

fn main() {}
