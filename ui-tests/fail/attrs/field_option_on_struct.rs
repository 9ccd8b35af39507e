// An option of a field among those of the struct.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(mask)]
struct Order {
    #[id]
    id: i64,
}

fn main() {}
