// Rows are sorted by columns, not by what is made of them.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(sort(day(placed)))]
struct Order {
    #[id]
    id: i64,
    placed: Timestamp,
}

fn main() {}
