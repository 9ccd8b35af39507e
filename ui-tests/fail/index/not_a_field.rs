// The entries of an index are names of fields.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(index("status"))]
struct Order {
    #[id]
    id: i64,
    status: String,
}

fn main() {}
