// An index over a field that does not exist, near to none.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(index(customer))]
struct Order {
    #[id]
    id: i64,
    status: String,
}

fn main() {}
