// A map has no column type; it can be JSON.
use std::collections::HashMap;
use terrace::prelude::*;

#[derive(Collection)]
struct Page {
    #[id]
    id: i64,
    links: HashMap<String, String>,
}

fn main() {}
