// An option of a field that does not exist, near to one that does.
use terrace::prelude::*;

#[derive(Collection)]
struct Order {
    #[id]
    id: i64,
    #[column(fil = 0)]
    total: i64,
}

fn main() {}
