// A skipped field is not stored, so nothing is found by it.
use terrace::prelude::*;

#[derive(Collection)]
struct Note {
    #[id]
    id: Id<Note>,
    #[skip]
    dirty: bool,
}

fn find(db: &Db) -> Result<Vec<Note>, StorageError> {
    db.find::<Note>(|note| note.dirty.eq(true)).all()
}

fn main() {}
