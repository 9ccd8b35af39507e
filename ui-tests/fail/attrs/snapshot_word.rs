// Not a word about how often.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(snapshot)]
struct Order {
    #[id]
    id: i64,
}

fn main() {}
