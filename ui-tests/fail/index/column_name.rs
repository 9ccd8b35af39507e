// The names in an index are those of the fields, not of the columns.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(index(mail))]
struct User {
    #[id]
    id: i64,
    #[column(name = "mail")]
    address: String,
}

fn main() {}
