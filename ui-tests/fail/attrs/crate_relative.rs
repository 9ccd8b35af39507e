// A path that depends on where the struct stands breaks when it is moved.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(crate = terrace)]
struct Order {
    #[id]
    id: i64,
}

fn main() {}
