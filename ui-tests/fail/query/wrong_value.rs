// A number is not compared with a text.
use terrace::prelude::*;

#[derive(Collection)]
struct Note {
    #[id]
    id: Id<Note>,
    length: i64,
}

fn find(db: &Db) -> Result<Vec<Note>, StorageError> {
    db.find::<Note>(|note| note.length.gt("x")).all()
}

fn main() {}
