// A mark among the named options.
use terrace::prelude::*;

#[derive(Collection)]
struct Order {
    #[id]
    id: i64,
    #[column(index)]
    code: String,
}

fn main() {}
