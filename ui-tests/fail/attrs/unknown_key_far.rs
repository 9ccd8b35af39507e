// An option that does not exist, and is near to none.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(zzz)]
struct Order {
    #[id]
    id: i64,
}

fn main() {}
