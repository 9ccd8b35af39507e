// A mark says something about one field.
use terrace::prelude::*;

#[derive(Collection)]
#[id]
struct Order {
    #[id]
    id: i64,
}

fn main() {}
