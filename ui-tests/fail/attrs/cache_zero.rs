// To cache for no time is not to cache: leave the option out.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(cache = "0s")]
struct Order {
    #[id]
    id: i64,
}

fn main() {}
