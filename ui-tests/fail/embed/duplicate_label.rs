// What is read as `open` could be either.
use terrace::prelude::*;

#[derive(Embed)]
enum Status {
    Open,
    #[column(name = "open")]
    Reopened,
}

fn main() {}
