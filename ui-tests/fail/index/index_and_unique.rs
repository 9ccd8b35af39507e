// What is unique is indexed already.
use terrace::prelude::*;

#[derive(Collection)]
struct Order {
    #[id]
    id: i64,
    #[unique]
    #[index]
    code: String,
}

fn main() {}
