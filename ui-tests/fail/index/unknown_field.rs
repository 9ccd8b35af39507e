// An index over a field that does not exist.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(index(stauts))]
struct Order {
    #[id]
    id: i64,
    status: String,
}

fn main() {}
