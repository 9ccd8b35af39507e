// Old rows would hold a text where the struct reads a number.
use terrace::prelude::*;

#[derive(Collection)]
struct Order {
    #[id]
    id: i64,
    #[column(fill = "none")]
    total: i64,
}

fn main() {}
