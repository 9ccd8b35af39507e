// Nothing can be put into no bucket.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(partition(bucket(0, customer)))]
struct Order {
    #[id]
    id: i64,
    customer: String,
}

fn main() {}
