// `object` is the id of the object, which has no day.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(partition(day(object)))]
struct Order {
    #[id]
    id: i64,
}

fn main() {}
