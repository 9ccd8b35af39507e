// `NULL` equals nothing: what is missing is asked for by name.
use terrace::prelude::*;

#[derive(Collection)]
struct Note {
    #[id]
    id: Id<Note>,
    title: Option<String>,
}

fn find(db: &Db, title: Option<String>) -> Result<Vec<Note>, StorageError> {
    db.find::<Note>(|note| note.title.eq(title)).all()
}

fn main() {}
