// A bare mark is bare.
use terrace::prelude::*;

#[derive(Collection)]
struct Order {
    #[id]
    id: i64,
    #[json(pretty)]
    lines: Vec<String>,
}

fn main() {}
