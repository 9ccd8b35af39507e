// A sort order by nothing: leave the option out.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(sort())]
struct Order {
    #[id]
    id: i64,
}

fn main() {}
