// A newtype has no label to name.
use terrace::prelude::*;

#[derive(Embed)]
struct Cents(#[column(name = "cents")] i64);

fn main() {}
