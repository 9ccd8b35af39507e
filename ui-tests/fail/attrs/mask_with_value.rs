// A word that is there or not.
use terrace::prelude::*;

#[derive(Collection)]
struct Order {
    #[id]
    id: i64,
    #[column(mask = true)]
    card: String,
}

fn main() {}
