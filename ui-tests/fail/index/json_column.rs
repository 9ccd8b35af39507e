// Nothing is found by a piece of JSON.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(index(tags))]
struct Order {
    #[id]
    id: i64,
    #[json]
    tags: Vec<String>,
}

fn main() {}
