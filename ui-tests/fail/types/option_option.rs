// `NULL` has one level, `Option<Option<_>>` has two.
use terrace::prelude::*;

#[derive(Collection)]
struct Page {
    #[id]
    id: i64,
    title: Option<Option<String>>,
}

fn main() {}
