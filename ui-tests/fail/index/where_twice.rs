// One index has one condition.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(index(placed, where = "status = 'open'", where = "id > 5"))]
struct Order {
    #[id]
    id: i64,
    status: String,
    placed: Timestamp,
}

fn main() {}
