// A struct with names is several columns, or JSON.
use terrace::prelude::*;

#[derive(Embed)]
struct Address {
    city: String,
}

fn main() {}
