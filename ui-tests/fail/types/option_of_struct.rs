// The `Option` is fine; what it holds is not.
use terrace::prelude::*;

struct Address {
    city: String,
}

#[derive(Collection)]
struct Customer {
    #[id]
    id: i64,
    address: Option<Address>,
}

fn main() {}
