// The platform keeps tables of its own in every object.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(name = "_cf_orders")]
struct Order {
    #[id]
    id: i64,
}

fn main() {}
