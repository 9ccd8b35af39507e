// The standard library's clock counts in units of the platform.
use terrace::prelude::*;

#[derive(Collection)]
struct Page {
    #[id]
    id: i64,
    written: std::time::SystemTime,
}

fn main() {}
