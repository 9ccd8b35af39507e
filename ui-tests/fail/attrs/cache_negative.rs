// Time does not run backwards.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(cache = "-5m")]
struct Order {
    #[id]
    id: i64,
}

fn main() {}
