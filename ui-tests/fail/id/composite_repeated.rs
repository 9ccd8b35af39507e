// The id names a field twice.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(id(number, number))]
struct Order {
    number: i64,
}

fn main() {}
