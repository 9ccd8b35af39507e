// There is nothing in it to store.
use terrace::prelude::*;

#[derive(Embed)]
struct Nothing;

fn main() {}
