// A mark of the struct takes no value.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(merge_on_read = true)]
struct Order {
    #[id]
    id: i64,
}

fn main() {}
