// Two attributes are one list of options.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(cache = "1m")]
#[collection(cache = "2m")]
struct Order {
    #[id]
    id: i64,
}

fn main() {}
