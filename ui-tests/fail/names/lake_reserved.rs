// The lake adds columns of this name to those of the collection.
use terrace::prelude::*;

#[derive(Collection)]
struct Order {
    #[id]
    id: i64,
    #[column(name = "_seq")]
    position: i64,
}

fn main() {}
