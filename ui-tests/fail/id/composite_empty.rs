// An id has at least one column.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(id())]
struct Order {
    #[id]
    number: i64,
}

fn main() {}
