// A skipped field is not stored, so it has no column to name.
use terrace::prelude::*;

#[derive(Collection)]
struct Order {
    #[id]
    id: i64,
    #[skip]
    #[column(name = "code")]
    code: String,
}

fn main() {}
