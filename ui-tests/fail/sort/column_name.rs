// The options name fields, not columns.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(sort(-placed_at))]
struct Order {
    #[id]
    id: i64,
    #[column(name = "placed_at")]
    placed: Timestamp,
}

fn main() {}
