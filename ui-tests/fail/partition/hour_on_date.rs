// A date has no hours.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(partition(hour(placed)))]
struct Order {
    #[id]
    id: i64,
    placed: Date,
}

fn main() {}
