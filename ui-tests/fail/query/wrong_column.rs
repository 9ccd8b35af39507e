// A column that the collection does not have, near to one that it has.
use terrace::prelude::*;

#[derive(Collection)]
struct Note {
    #[id]
    id: Id<Note>,
    text: String,
}

fn find(db: &Db) -> Result<Vec<Note>, StorageError> {
    db.find::<Note>(|note| note.txet.eq("x")).all()
}

fn main() {}
