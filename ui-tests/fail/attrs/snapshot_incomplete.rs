// How many snapshots stay is not said.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(snapshot(every = "1d"))]
struct Order {
    #[id]
    id: i64,
}

fn main() {}
