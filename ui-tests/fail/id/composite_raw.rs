// The id names a field twice, once as a raw identifier.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(id(number, r#number))]
struct Order {
    number: i64,
}

fn main() {}
