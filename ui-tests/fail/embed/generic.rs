// A column has one type.
use terrace::prelude::*;

#[derive(Embed)]
struct Wrapper<T>(T);

fn main() {}
