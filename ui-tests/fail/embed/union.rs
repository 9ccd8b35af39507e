// Nobody knows which field of a union is the value.
use terrace::prelude::*;

#[derive(Embed)]
union Number {
    integer: i64,
    real: f64,
}

fn main() {}
