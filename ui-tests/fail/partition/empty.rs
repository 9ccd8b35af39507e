// A partition by nothing: leave the option out.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(partition())]
struct Order {
    #[id]
    id: i64,
}

fn main() {}
