// A column alone does not say what of it.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(partition(status))]
struct Order {
    #[id]
    id: i64,
    status: String,
}

fn main() {}
