// To which width?
use terrace::prelude::*;

#[derive(Collection)]
#[collection(partition(truncate(code)))]
struct Order {
    #[id]
    id: i64,
    code: String,
}

fn main() {}
