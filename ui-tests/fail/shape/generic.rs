// A collection is one table: which one would `Pair<T>` be?
use terrace::prelude::*;

#[derive(Collection)]
struct Pair<T> {
    #[id]
    id: i64,
    value: T,
}

fn main() {}
