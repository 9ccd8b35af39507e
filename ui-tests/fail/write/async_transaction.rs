// A transaction of SQLite holds everything up, so it cannot wait for anything.
use terrace::prelude::*;

#[derive(Collection)]
struct Order {
    #[id]
    id: Id<Order>,
}

fn work(db: &Db, order: &Order) -> Result<(), StorageError> {
    db.transaction(async |db: &Db| db.insert(order))
}

fn main() {}
