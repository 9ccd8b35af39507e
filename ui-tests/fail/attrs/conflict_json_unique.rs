// JSON texts of equal values may differ.
use terrace::prelude::*;

#[derive(Collection)]
struct Order {
    #[id]
    id: i64,
    #[unique]
    #[json]
    tags: Vec<String>,
}

fn main() {}
