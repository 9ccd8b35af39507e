// A threshold that is no number of documents.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(columnar(threshold = -5))]
struct Order {
    #[id]
    id: i64,
}

fn main() {}
