// More seconds than can be counted.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(cache = "999999999999999y")]
struct Order {
    #[id]
    id: i64,
}

fn main() {}
