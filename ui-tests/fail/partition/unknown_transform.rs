// A transform that Iceberg does not have.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(partition(dya(placed)))]
struct Order {
    #[id]
    id: i64,
    placed: Timestamp,
}

fn main() {}
