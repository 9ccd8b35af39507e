// An update is a closure over the struct: types are checked as everywhere.
use terrace::prelude::*;

#[derive(Collection)]
struct Order {
    #[id]
    id: Id<Order>,
    total: i64,
}

fn update(db: &Db, id: Id<Order>) -> Result<Order, StorageError> {
    db.update(id, |order: &mut Order| order.total = "five")
}

fn main() {}
