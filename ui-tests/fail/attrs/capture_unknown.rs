// A capture that does not exist, near to one that does.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(capture = "ful")]
struct Order {
    #[id]
    id: i64,
}

fn main() {}
