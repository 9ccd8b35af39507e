// A version changes with every write, and an id never does.
use terrace::prelude::*;

#[derive(Collection)]
struct Order {
    #[id]
    #[version]
    id: u32,
}

fn main() {}
