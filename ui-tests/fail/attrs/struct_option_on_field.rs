// An option of the struct among those of a field.
use terrace::prelude::*;

#[derive(Collection)]
struct Order {
    #[id]
    id: i64,
    #[column(cache = "60s")]
    total: i64,
}

fn main() {}
