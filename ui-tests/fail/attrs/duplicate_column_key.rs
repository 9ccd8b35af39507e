// Which of the two fills would it be?
use terrace::prelude::*;

#[derive(Collection)]
struct Order {
    #[id]
    id: i64,
    #[column(fill = 0)]
    #[column(fill = 1)]
    total: i64,
}

fn main() {}
