// The options of a struct have their own attribute.
use terrace::prelude::*;

#[derive(Collection)]
#[column(name = "orders")]
struct Order {
    #[id]
    id: i64,
}

fn main() {}
