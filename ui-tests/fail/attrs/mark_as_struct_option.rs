// A mark of a field among the options of the struct.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(version)]
struct Order {
    #[id]
    id: i64,
}

fn main() {}
