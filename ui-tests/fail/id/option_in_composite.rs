// `NULL` is not equal to itself, so it cannot be part of an id.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(id(tenant, number))]
struct Order {
    tenant: Option<String>,
    number: i64,
}

fn main() {}
