// An option that does not exist, near to one that does.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(nmae = "orders")]
struct Order {
    #[id]
    id: i64,
}

fn main() {}
