// What is sorted by a column already cannot be sorted by it again.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(sort(placed, -placed))]
struct Order {
    #[id]
    id: i64,
    placed: Timestamp,
}

fn main() {}
