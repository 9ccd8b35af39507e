// A collection that can hold two documents is no collection.
use terrace::prelude::*;

#[derive(Collection)]
struct Switch {
    #[id]
    on: bool,
}

fn main() {}
