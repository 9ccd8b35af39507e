// SQLite would give the number of the row for this name.
use terrace::prelude::*;

#[derive(Collection)]
struct Order {
    #[id]
    id: i64,
    rowid: i64,
}

fn main() {}
