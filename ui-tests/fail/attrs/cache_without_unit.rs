// 60 of what?
use terrace::prelude::*;

#[derive(Collection)]
#[collection(cache = "60")]
struct Order {
    #[id]
    id: i64,
}

fn main() {}
