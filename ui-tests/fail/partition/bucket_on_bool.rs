// Iceberg does not hash booleans.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(partition(bucket(2, open)))]
struct Order {
    #[id]
    id: i64,
    open: bool,
}

fn main() {}
