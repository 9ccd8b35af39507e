// A text has no day, even when it holds a date.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(partition(day(placed)))]
struct Order {
    #[id]
    id: i64,
    placed: String,
}

fn main() {}
