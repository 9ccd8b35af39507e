// A transform takes one column.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(partition(day(placed, paid)))]
struct Order {
    #[id]
    id: i64,
    placed: Timestamp,
    paid: Timestamp,
}

fn main() {}
