// A misspelt word in `columnar`.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(columnar(treshold = 5))]
struct Order {
    #[id]
    id: i64,
}

fn main() {}
