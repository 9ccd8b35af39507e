// Nothing is found by a piece of JSON.
use terrace::prelude::*;

#[derive(Collection)]
struct Order {
    #[id]
    id: i64,
    #[json]
    #[index]
    tags: Vec<String>,
}

fn main() {}
