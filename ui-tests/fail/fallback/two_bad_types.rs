// One bad type that the macro knows and one that only the traits know: both are said at once, and nothing else.
use terrace::prelude::*;

#[derive(Collection, Clone)]
struct Order {
    #[id]
    id: Id<Order>,
    total: i64,
    size: usize,
    address: Address,
}

#[derive(Clone)]
struct Address;

fn work(db: &Db, order: &Order) -> Result<Vec<Order>, StorageError> {
    db.insert(order)?;
    db.get(order.id)?;
    db.find::<Order>(|order| order.total.eq(5)).all()
}

fn main() {}
