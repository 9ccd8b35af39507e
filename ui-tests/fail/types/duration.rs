// A length of time is a number of some unit, and the struct has to say which.
use terrace::prelude::*;

#[derive(Collection)]
struct Page {
    #[id]
    id: i64,
    took: std::time::Duration,
}

fn main() {}
