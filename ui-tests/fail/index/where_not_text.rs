// The condition of a partial index is SQL in a string.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(index(placed, where = open))]
struct Order {
    #[id]
    id: i64,
    status: String,
    placed: Timestamp,
}

fn main() {}
