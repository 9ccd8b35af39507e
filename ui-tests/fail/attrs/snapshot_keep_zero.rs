// No snapshot at all would stay.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(snapshot(every = "1d", keep = 0))]
struct Order {
    #[id]
    id: i64,
}

fn main() {}
