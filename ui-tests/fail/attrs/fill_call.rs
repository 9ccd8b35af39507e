// A fill is stored in the schema, so it is a literal.
use terrace::prelude::*;

#[derive(Collection)]
struct Order {
    #[id]
    id: i64,
    #[column(fill = b"x")]
    code: String,
}

fn main() {}
