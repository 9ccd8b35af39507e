// The id is a column like every other, so its type has to be one.
use terrace::prelude::*;

struct Number(i64);

#[derive(Collection)]
struct Order {
    #[id]
    number: Number,
}

fn main() {}
