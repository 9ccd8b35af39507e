// An index has no direction.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(index(-placed))]
struct Order {
    #[id]
    id: i64,
    placed: Timestamp,
}

fn main() {}
