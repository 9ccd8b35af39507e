// JSON texts of equal values may differ, and then the document is not found.
use terrace::prelude::*;

#[derive(Collection)]
struct Order {
    #[id]
    #[json]
    id: Vec<String>,
}

fn main() {}
