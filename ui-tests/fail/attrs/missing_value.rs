// A name without the name.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(name)]
struct Order {
    #[id]
    id: i64,
}

fn main() {}
