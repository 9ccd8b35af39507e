// A column that was called as it is called now was not renamed.
use terrace::prelude::*;

#[derive(Collection)]
struct User {
    #[id]
    id: i64,
    #[was("mail")]
    mail: String,
}

fn main() {}
