// The id is missing, and a program that finds by it: only the missing mark is an error.
use terrace::prelude::*;

#[derive(Collection, Clone)]
struct Order {
    id: Id<Order>,
    total: i64,
}

fn work(db: &Db, order: &Order) -> Result<Vec<Order>, StorageError> {
    db.get(order.id)?;
    db.find::<Order>(|order| order.total.eq(5)).all()
}

fn main() {}
