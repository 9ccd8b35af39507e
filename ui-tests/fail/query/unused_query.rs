// A query that nobody runs finds nothing, and says so.
#![deny(warnings)]
use terrace::prelude::*;

#[derive(Collection)]
struct Note {
    #[id]
    id: Id<Note>,
    length: i64,
}

fn main() {
    let db = Db::open_in_memory(collections![Note]).unwrap();
    db.find::<Note>(|note| note.length.gt(1));
}
