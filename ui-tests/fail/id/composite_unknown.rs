// The id names a field that does not exist.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(id(tenent, number))]
struct Order {
    tenant: String,
    number: i64,
}

fn main() {}
