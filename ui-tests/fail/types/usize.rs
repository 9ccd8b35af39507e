// In the object `usize` has 32 bits, natively 64: a stored value might not come back.
use terrace::prelude::*;

#[derive(Collection)]
struct Page {
    #[id]
    id: i64,
    length: usize,
}

fn main() {}
