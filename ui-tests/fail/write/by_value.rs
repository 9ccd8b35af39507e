// Inserting only looks at the document; it stays the caller's.
use terrace::prelude::*;

#[derive(Collection)]
struct Order {
    #[id]
    id: Id<Order>,
}

fn insert(db: &Db, order: Order) -> Result<(), StorageError> {
    db.insert(order)
}

fn main() {}
