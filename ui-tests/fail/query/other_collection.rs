// A filter of one collection says nothing about another.
use terrace::prelude::*;

#[derive(Collection)]
struct Note {
    #[id]
    id: Id<Note>,
}

#[derive(Collection)]
struct User {
    #[id]
    id: Id<User>,
    name: String,
}

fn find(db: &Db) -> Result<Vec<Note>, StorageError> {
    db.find::<Note>(|_| User::COLUMNS.name.eq("Ada")).all()
}

fn main() {}
