// The count comes first, as in Iceberg.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(partition(bucket(customer, 16)))]
struct Order {
    #[id]
    id: i64,
    customer: String,
}

fn main() {}
