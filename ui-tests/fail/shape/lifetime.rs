// What is read from the database has no one to borrow from.
use terrace::prelude::*;

#[derive(Collection)]
struct Person<'a> {
    #[id]
    id: i64,
    name: &'a str,
}

fn main() {}
