// A misspelt option, and a time without a unit.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(snapshot(evry = "1d", every = 60, keep = 3))]
struct Order {
    #[id]
    id: i64,
}

fn main() {}
