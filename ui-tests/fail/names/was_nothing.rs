// A former name is missing.
use terrace::prelude::*;

#[derive(Collection)]
struct User {
    #[id]
    id: i64,
    #[was]
    mail: String,
}

fn main() {}
