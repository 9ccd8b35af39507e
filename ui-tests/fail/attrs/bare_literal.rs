// A value without the option that it belongs to.
use terrace::prelude::*;

#[derive(Collection)]
#[collection("orders")]
struct Order {
    #[id]
    id: i64,
}

fn main() {}
