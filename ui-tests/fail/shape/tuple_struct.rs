// The fields of a tuple struct have no names, and columns need them.
use terrace::prelude::*;

#[derive(Collection)]
struct Point(i64, String);

fn main() {}
