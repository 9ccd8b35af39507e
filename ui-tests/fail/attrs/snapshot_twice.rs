// The time is given twice.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(snapshot(every = "1d", every = "2d", keep = 3))]
struct Order {
    #[id]
    id: i64,
}

fn main() {}
