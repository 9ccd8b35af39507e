// The second field of the partition would say what the first says.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(partition(day(placed), day(placed)))]
struct Order {
    #[id]
    id: i64,
    placed: Timestamp,
}

fn main() {}
