// An address means nothing after a restart.
use terrace::prelude::*;

#[derive(Collection)]
struct Page {
    #[id]
    id: i64,
    next: *const u8,
}

fn main() {}
