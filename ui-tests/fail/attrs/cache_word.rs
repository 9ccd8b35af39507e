// A length of time has a number.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(cache = "soon")]
struct Order {
    #[id]
    id: i64,
}

fn main() {}
