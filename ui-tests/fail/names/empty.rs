// A name has letters.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(name = "")]
struct Order {
    #[id]
    id: i64,
}

fn main() {}
