// A document does not hold another: it holds its id.
use terrace::prelude::*;

#[derive(Collection)]
struct User {
    #[id]
    id: Id<User>,
}

#[derive(Collection)]
struct Note {
    #[id]
    id: Id<Note>,
    author: User,
}

fn main() {}
