// A unit that does not exist.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(cache = "30 dyas")]
struct Order {
    #[id]
    id: i64,
}

fn main() {}
