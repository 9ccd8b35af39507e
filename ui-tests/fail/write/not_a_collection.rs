// Only a collection has a table to be stored in.
use terrace::prelude::*;

struct Plain {
    id: i64,
}

fn insert(db: &Db, plain: &Plain) -> Result<(), StorageError> {
    db.insert(plain)
}

fn main() {}
