// Into how many buckets?
use terrace::prelude::*;

#[derive(Collection)]
#[collection(partition(bucket(customer)))]
struct Order {
    #[id]
    id: i64,
    customer: String,
}

fn main() {}
