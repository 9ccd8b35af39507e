// A name is a string.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(name = 5)]
struct Order {
    #[id]
    id: i64,
}

fn main() {}
