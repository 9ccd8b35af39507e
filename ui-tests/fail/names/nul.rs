// SQLite ends a text at NUL.
use terrace::prelude::*;

#[derive(Collection)]
struct Order {
    #[id]
    id: i64,
    #[column(name = "to\0tal")]
    total: i64,
}

fn main() {}
