// SQLite would give the number of the row for this name, in every case of its letters.
use terrace::prelude::*;

#[derive(Collection)]
struct Order {
    #[id]
    #[column(name = "OID")]
    id: i64,
}

fn main() {}
