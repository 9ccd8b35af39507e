// Days of one year are in one year: Iceberg refuses such a partition.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(partition(year(placed), day(placed)))]
struct Order {
    #[id]
    id: i64,
    placed: Timestamp,
}

fn main() {}
