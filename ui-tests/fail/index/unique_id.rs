// Two documents never have the same id.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(id(tenant, number), unique(tenant, number))]
struct Order {
    tenant: String,
    number: i64,
}

fn main() {}
