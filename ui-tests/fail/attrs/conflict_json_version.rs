// A version is a number of its own.
use terrace::prelude::*;

#[derive(Collection)]
struct Order {
    #[id]
    id: i64,
    #[version]
    #[json]
    version: u32,
}

fn main() {}
