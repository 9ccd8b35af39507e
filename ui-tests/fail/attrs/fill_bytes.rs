// There is no literal for bytes in a fill.
use terrace::prelude::*;

#[derive(Collection)]
struct Order {
    #[id]
    id: i64,
    #[column(fill = "00")]
    hash: [u8; 8],
}

fn main() {}
