// A name is a string, also when it looks like a path.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(name = orders)]
struct Order {
    #[id]
    id: i64,
}

fn main() {}
