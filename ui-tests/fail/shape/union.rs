// The fields of a union share their bytes, so there is no column for each.
use terrace::prelude::*;

#[derive(Collection)]
union Number {
    integer: i64,
    real: f64,
}

fn main() {}
