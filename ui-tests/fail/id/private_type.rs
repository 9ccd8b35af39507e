// The id of a public collection is part of what it shows, so its type is public too.
use terrace::prelude::*;

#[derive(Embed)]
struct Number(i64);

#[derive(Collection)]
pub struct Order {
    #[id]
    number: Number,
}

fn main() {}
