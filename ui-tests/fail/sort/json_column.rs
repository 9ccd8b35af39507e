// JSON has no order.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(sort(tags))]
struct Order {
    #[id]
    id: i64,
    #[json]
    tags: Vec<String>,
}

fn main() {}
