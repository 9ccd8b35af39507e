// Most readers of the lake want a letter first.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(name = "2024_orders")]
struct Order {
    #[id]
    id: i64,
}

fn main() {}
