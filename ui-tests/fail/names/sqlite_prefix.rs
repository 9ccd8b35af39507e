// SQLite keeps tables of its own in every database.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(name = "SQLite_orders")]
struct Order {
    #[id]
    id: i64,
}

fn main() {}
