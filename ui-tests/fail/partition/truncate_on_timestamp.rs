// A moment is cut by day or hour, not by width.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(partition(truncate(8, placed)))]
struct Order {
    #[id]
    id: i64,
    placed: Timestamp,
}

fn main() {}
