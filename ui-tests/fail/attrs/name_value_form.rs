// The options stand in parentheses.
use terrace::prelude::*;

#[derive(Collection)]
#[collection = "orders"]
struct Order {
    #[id]
    id: i64,
}

fn main() {}
