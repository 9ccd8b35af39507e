// What is read from the database has no one to borrow from.
use terrace::prelude::*;

#[derive(Collection)]
struct Page {
    #[id]
    id: i64,
    body: &'static [u8],
}

fn main() {}
