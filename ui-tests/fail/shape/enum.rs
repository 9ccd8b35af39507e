// A collection is a table with one row a document; an enum has no columns.
use terrace::prelude::*;

#[derive(Collection)]
enum Status {
    Open,
    Paid,
}

fn main() {}
