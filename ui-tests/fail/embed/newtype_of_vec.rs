// A newtype is stored as what it wraps, and that is no column.
use terrace::prelude::*;

#[derive(Embed)]
struct Tags(Vec<String>);

fn main() {}
