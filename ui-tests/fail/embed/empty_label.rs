// A label is a text to be read by people.
use terrace::prelude::*;

#[derive(Embed)]
enum Status {
    #[column(name = "")]
    Open,
}

fn main() {}
