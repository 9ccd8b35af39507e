// A sort order by nothing: it names its columns.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(sort)]
struct Order {
    #[id]
    id: i64,
    placed: Timestamp,
}

fn main() {}
