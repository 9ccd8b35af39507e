// An equals sign with nothing behind it.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(name =, cache = "1m")]
struct Order {
    #[id]
    id: i64,
}

fn main() {}
