// `NULL` belongs to the column, not to the type of its values.
use terrace::prelude::*;

#[derive(Embed)]
struct Discount(Option<i64>);

fn main() {}
