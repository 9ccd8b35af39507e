// A bare attribute that does not exist: rustc itself knows what was meant.
use terrace::prelude::*;

#[derive(Collection)]
struct Order {
    #[id]
    id: i64,
    #[uniqe]
    code: String,
}

fn main() {}
