// What holds the whole id is unique by it.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(unique(id, code))]
struct Order {
    #[id]
    id: i64,
    code: String,
}

fn main() {}
