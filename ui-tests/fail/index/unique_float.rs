// 0.1 + 0.2 and 0.3 would be two documents.
use terrace::prelude::*;

#[derive(Collection)]
struct Rate {
    #[id]
    id: i64,
    #[unique]
    rate: f64,
}

fn main() {}
