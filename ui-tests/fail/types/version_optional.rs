// A document has a version from the first insert.
use terrace::prelude::*;

#[derive(Collection)]
struct Page {
    #[id]
    id: i64,
    #[version]
    version: Option<u32>,
}

fn main() {}
