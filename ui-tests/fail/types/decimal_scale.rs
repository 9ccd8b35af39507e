// A decimal has 1 to 38 digits, and no more after the point than in all.
use terrace::prelude::*;

#[derive(Collection)]
struct Price {
    #[id]
    id: i64,
    amount: Decimal<2, 4>,
}

fn main() {}
