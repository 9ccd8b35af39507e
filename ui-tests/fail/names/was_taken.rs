// The migration would rename a column that the struct still has.
use terrace::prelude::*;

#[derive(Collection)]
struct User {
    #[id]
    id: i64,
    mail: String,
    #[was("mail")]
    address: String,
}

fn main() {}
