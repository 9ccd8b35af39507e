// A quote in a name has to be doubled everywhere, and is forgotten somewhere.
use terrace::prelude::*;

#[derive(Collection)]
struct Order {
    #[id]
    id: i64,
    #[column(name = "to\"tal")]
    total: i64,
}

fn main() {}
