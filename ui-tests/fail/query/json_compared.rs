// Two texts of JSON can differ and mean the same.
use std::collections::BTreeMap;
use terrace::prelude::*;

#[derive(Collection)]
struct Note {
    #[id]
    id: Id<Note>,
    #[json]
    links: BTreeMap<String, String>,
}

fn find(db: &Db) -> Result<Vec<Note>, StorageError> {
    db.find::<Note>(|note| note.links.eq("{}")).all()
}

fn main() {}
