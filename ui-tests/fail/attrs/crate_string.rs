// A path is written as a path.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(crate = "terrace")]
struct Order {
    #[id]
    id: i64,
}

fn main() {}
