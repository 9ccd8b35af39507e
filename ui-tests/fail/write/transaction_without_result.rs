// A transaction says whether it is kept.
use terrace::prelude::*;

#[derive(Collection)]
struct Order {
    #[id]
    id: Id<Order>,
}

fn work(db: &Db, order: &Order) -> Result<(), StorageError> {
    db.transaction(|db| {
        db.insert(order)?;
    })
}

fn main() {}
