// A column is in an index once.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(index(status, status))]
struct Order {
    #[id]
    id: i64,
    status: String,
}

fn main() {}
