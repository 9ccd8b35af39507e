// A skipped field is not stored, so nothing can be found by it.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(id(tenant, cached))]
struct Order {
    tenant: String,
    #[skip]
    cached: i64,
}

fn main() {}
