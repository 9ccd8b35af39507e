// A struct is no column by itself: it says how it wants to be stored.
use terrace::prelude::*;

struct Address {
    city: String,
}

#[derive(Collection)]
struct Customer {
    #[id]
    id: i64,
    address: Address,
}

fn main() {}
