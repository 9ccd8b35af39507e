// JSON texts of equal values may differ, and then the document is not found.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(id(tenant, tags))]
struct Order {
    tenant: String,
    #[json]
    tags: Vec<String>,
}

fn main() {}
