// Two fields would share a column.
use terrace::prelude::*;

#[derive(Collection)]
struct User {
    #[id]
    id: i64,
    mail: String,
    #[column(name = "mail")]
    address: String,
}

fn main() {}
