// Two indexes over the same column cost twice and help once.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(index(status))]
struct Order {
    #[id]
    id: i64,
    #[index]
    status: String,
}

fn main() {}
