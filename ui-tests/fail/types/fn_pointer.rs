// A function has an address, not a value.
use terrace::prelude::*;

#[derive(Collection)]
struct Page {
    #[id]
    id: i64,
    render: fn(i64) -> String,
}

fn main() {}
