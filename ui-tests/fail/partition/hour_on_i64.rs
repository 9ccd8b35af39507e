// A number of seconds is a number.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(partition(hour(placed)))]
struct Order {
    #[id]
    id: i64,
    placed: i64,
}

fn main() {}
