// A former name is a string.
use terrace::prelude::*;

#[derive(Collection)]
struct User {
    #[id]
    id: i64,
    #[was(email)]
    mail: String,
}

fn main() {}
