// A struct with one mistake, and a program that uses it in full: only the mistake is an error.
use terrace::prelude::*;

#[derive(Collection, Clone)]
#[collection(nmae = "orders")]
struct Order {
    #[id]
    id: Id<Order>,
    status: Status,
    #[json]
    lines: Vec<String>,
    #[version]
    version: u32,
}

#[derive(Embed, Clone, Copy)]
enum Status {
    Open,
    Paid,
}

fn work(db: &Db, order: &Order) -> Result<(), StorageError> {
    db.insert(order)?;
    order.insert(db)?;
    let paid = db.update(order.id, |order| order.status = Status::Paid)?;
    let _: Option<Order> = db.get(paid.id)?;
    let open = db.find::<Order>(|order| order.status.eq(Status::Open).and(order.version.gt(1)));
    let _: Vec<Order> = open.order_by(|order| order.version.desc()).limit(5).all()?;
    db.find::<Order>(|order| order.lines.is_none()).delete()?;
    Ok(())
}

fn main() {
    let _ = Db::open_in_memory(collections![Order]);
}
