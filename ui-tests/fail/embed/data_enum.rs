// A label has no place for the data of a variant.
use terrace::prelude::*;

#[derive(Embed)]
enum Payment {
    Cash,
    Card { number: String },
}

fn main() {}
