// Two names that only SQLite takes for one.
use terrace::prelude::*;

#[derive(Collection)]
struct User {
    #[id]
    id: i64,
    mail: String,
    #[column(name = "Mail")]
    address: String,
}

fn main() {}
