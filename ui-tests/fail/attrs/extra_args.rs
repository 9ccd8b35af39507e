// An index over two columns is written on the struct.
use terrace::prelude::*;

#[derive(Collection)]
struct Order {
    #[id]
    id: i64,
    #[index(other)]
    code: String,
    other: i64,
}

fn main() {}
