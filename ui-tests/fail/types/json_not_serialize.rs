// What is stored as JSON has to be known to serde.
use terrace::prelude::*;

struct Tags(Vec<String>);

#[derive(Collection)]
struct Page {
    #[id]
    id: i64,
    #[json]
    tags: Tags,
}

fn main() {}
