// The id of a user finds no note.
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
}

fn get(db: &Db, user: &User) -> Result<Option<Note>, StorageError> {
    db.get::<Note>(user.id)
}

fn main() {}
