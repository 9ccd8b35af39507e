// Two fields are marked as the id; an id of two columns is written on the struct.
use terrace::prelude::*;

#[derive(Collection)]
struct Order {
    #[id]
    number: i64,
    #[id]
    key: String,
}

fn main() {}
