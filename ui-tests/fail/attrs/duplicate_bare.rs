// The second mark says nothing new, so one of them was meant to be another.
use terrace::prelude::*;

#[derive(Collection)]
struct Order {
    #[id]
    id: i64,
    #[index]
    #[index]
    code: String,
}

fn main() {}
