// A path that depends on where the type stands breaks when it is moved.
use terrace::prelude::*;

#[derive(Embed)]
#[embed(crate = terrace)]
struct Cents(i64);

fn main() {}
