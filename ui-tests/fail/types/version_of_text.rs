// A version is a number that grows by one with every change.
use terrace::prelude::*;

#[derive(Collection)]
struct Page {
    #[id]
    id: i64,
    #[version]
    version: String,
}

fn main() {}
