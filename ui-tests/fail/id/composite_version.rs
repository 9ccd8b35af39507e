// A version changes with every write, and an id never does.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(id(tenant, version))]
struct Order {
    tenant: String,
    #[version]
    version: u32,
}

fn main() {}
