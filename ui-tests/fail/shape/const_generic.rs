// A collection is one table: which one would `Block<N>` be?
use terrace::prelude::*;

#[derive(Collection)]
struct Block<const N: usize> {
    #[id]
    id: i64,
    bytes: [u8; N],
}

fn main() {}
