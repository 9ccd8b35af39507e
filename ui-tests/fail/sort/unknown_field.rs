// A sort order by a field that does not exist.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(sort(-plcaed))]
struct Order {
    #[id]
    id: i64,
    placed: Timestamp,
}

fn main() {}
