// In the lake every table has columns of this name already.
use terrace::prelude::*;

#[derive(Collection)]
struct Order {
    #[id]
    id: i64,
    _file: String,
}

fn main() {}
