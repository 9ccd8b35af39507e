// A struct of the wrong shape, and a program that opens it: only the shape is an error.
use terrace::prelude::*;

#[derive(Collection)]
struct Point(i64, i64);

fn main() {
    let _ = Db::open_in_memory(collections![Point]);
    let _ = <Point as Collection>::SCHEMA.name;
}
