// SQLite's integers have 64 bits.
use terrace::prelude::*;

#[derive(Collection)]
struct Account {
    #[id]
    id: i64,
    balance: u128,
}

fn main() {}
