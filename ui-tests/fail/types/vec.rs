// A list has no column type; it can be JSON.
use terrace::prelude::*;

#[derive(Collection)]
struct Page {
    #[id]
    id: i64,
    tags: Vec<String>,
}

fn main() {}
