// A REAL column holds floats, and `0` is none.
use terrace::prelude::*;

#[derive(Collection)]
struct Order {
    #[id]
    id: i64,
    #[column(fill = 0)]
    rate: f64,
}

fn main() {}
