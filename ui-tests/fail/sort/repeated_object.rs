// The object is in a sort order once.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(sort(object, -object))]
struct Order {
    #[id]
    id: i64,
}

fn main() {}
