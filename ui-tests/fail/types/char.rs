// There is no column type for one character.
use terrace::prelude::*;

#[derive(Collection)]
struct Grade {
    #[id]
    id: i64,
    letter: char,
}

fn main() {}
