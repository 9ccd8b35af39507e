// Only a collection has a table to be found in.
use terrace::prelude::*;

struct Plain {
    id: i64,
}

fn find(db: &Db) {
    let _ = db.all::<Plain>();
}

fn main() {}
