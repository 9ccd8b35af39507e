// The condition of a partial index stands behind an equals sign.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(index(placed, where "status = 'open'"))]
struct Order {
    #[id]
    id: i64,
    status: String,
    placed: Timestamp,
}

fn main() {}
