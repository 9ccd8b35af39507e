// `()` holds nothing that could be stored.
use terrace::prelude::*;

#[derive(Collection)]
struct Page {
    #[id]
    id: i64,
    nothing: (),
}

fn main() {}
