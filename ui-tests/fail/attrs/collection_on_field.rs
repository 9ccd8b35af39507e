// The options of a field have their own attribute.
use terrace::prelude::*;

#[derive(Collection)]
struct Order {
    #[id]
    id: i64,
    #[collection(name = "sum")]
    total: i64,
}

fn main() {}
