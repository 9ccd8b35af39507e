// An index over nothing.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(index())]
struct Order {
    #[id]
    id: i64,
}

fn main() {}
