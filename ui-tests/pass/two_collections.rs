// Two collections that hold each other's ids, and the id alone says which of them is meant.
use terrace::prelude::*;

#[derive(Collection, Clone, Debug, PartialEq)]
struct User {
    #[id]
    id: Id<Self>,
    invited_by: Option<Id<Self>>,
    favourite: Option<Id<Note>>,
}

#[derive(Collection, Clone, Debug, PartialEq)]
struct Note {
    #[id]
    id: Id<Note>,
    #[index]
    author: Id<User>,
}

fn main() {
    let db = Db::open_in_memory(collections![User, Note]).unwrap();
    let user = User { id: Id::new(), invited_by: None, favourite: None };
    let note = Note { id: Id::new(), author: user.id };
    db.insert(&user).unwrap();
    db.insert(&note).unwrap();
    assert_eq!(db.get(user.id).unwrap(), Some(user.clone()));
    assert_eq!(db.get(note.author).unwrap(), Some(user.clone()));
    let user = db.update(user.id, |user| user.favourite = Some(note.id)).unwrap();
    assert_eq!(db.get(user.favourite.unwrap()).unwrap(), Some(note));
}
