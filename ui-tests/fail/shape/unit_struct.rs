// A table without columns cannot exist.
use terrace::prelude::*;

#[derive(Collection)]
struct Nothing;

fn main() {}
