// A direction is a sign, not a value.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(sort(placed = "desc"))]
struct Order {
    #[id]
    id: i64,
    placed: Timestamp,
}

fn main() {}
