// JSON texts of equal values may differ.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(partition(identity(tags)))]
struct Order {
    #[id]
    id: i64,
    #[json]
    tags: Vec<String>,
}

fn main() {}
