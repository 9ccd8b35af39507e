// A future that leaves the transaction would run after it.
use terrace::prelude::*;

#[derive(Collection)]
struct Order {
    #[id]
    id: Id<Order>,
}

fn work(db: &Db, order: &Order) -> Result<(), StorageError> {
    db.transaction(|db| async { db.insert(order) })
}

fn main() {}
