// Two values do not fit one column.
use terrace::prelude::*;

#[derive(Embed)]
struct Money(i64, String);

fn main() {}
