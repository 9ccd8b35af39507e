// Floats that look equal may differ, and then the document is not found.
use terrace::prelude::*;

#[derive(Collection)]
struct Reading {
    #[id]
    at: f64,
}

fn main() {}
