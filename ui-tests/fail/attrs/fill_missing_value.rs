// A fill without what to fill with.
use terrace::prelude::*;

#[derive(Collection)]
struct Order {
    #[id]
    id: i64,
    #[column(fill)]
    total: i64,
}

fn main() {}
