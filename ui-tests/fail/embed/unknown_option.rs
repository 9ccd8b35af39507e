// A variant has a name, and no other option.
use terrace::prelude::*;

#[derive(Embed)]
enum Status {
    #[column(label = "open")]
    Open,
}

fn main() {}
