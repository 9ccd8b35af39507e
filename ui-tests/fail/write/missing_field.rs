// A document is a whole struct: rustc itself says which field is missing.
use terrace::prelude::*;

#[derive(Collection)]
struct Order {
    #[id]
    id: Id<Order>,
    status: String,
    total: i64,
}

fn insert(db: &Db) -> Result<(), StorageError> {
    db.insert(&Order { id: Id::new(), total: 5 })
}

fn main() {}
