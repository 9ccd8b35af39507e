// The id is given on the struct and on a field.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(id(tenant, number))]
struct Order {
    #[id]
    tenant: String,
    number: i64,
}

fn main() {}
