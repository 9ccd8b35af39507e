// An index over nothing: on the struct it names its columns.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(unique)]
struct Order {
    #[id]
    id: i64,
}

fn main() {}
