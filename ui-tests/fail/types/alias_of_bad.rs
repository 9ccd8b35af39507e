// An alias hides the name of the type, but not the type.
use terrace::prelude::*;

type Number = i128;

#[derive(Collection)]
struct Account {
    #[id]
    id: i64,
    balance: Number,
}

fn main() {}
