// SQLite's integers have 64 bits.
use terrace::prelude::*;

#[derive(Collection)]
struct Account {
    #[id]
    id: i64,
    balance: i128,
}

fn main() {}
