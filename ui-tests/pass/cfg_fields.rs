// Fields, variants and attributes that a condition takes away or adds.
use terrace::prelude::*;

#[derive(Embed)]
enum Status {
    Open,
    #[cfg(any())]
    Lost(NoSuchType),
    #[cfg(all())]
    Paid,
}

#[derive(Collection)]
#[cfg_attr(all(), collection(name = "orders"))]
#[cfg_attr(any(), collection(name = "lost"))]
struct Order {
    #[cfg_attr(all(), id)]
    id: i64,
    #[cfg(any())]
    lost: NoSuchType,
    #[cfg(all())]
    #[cfg_attr(all(), index)]
    status: Status,
}

fn main() {
    let _ = Order { id: 5, status: Status::Paid }.status;
    let _ = Status::Open;
    assert_eq!(Order::SCHEMA.name, "orders");
    assert_eq!(Order::SCHEMA.columns.len(), 2);
    assert_eq!(Order::SCHEMA.columns[1].labels, ["open", "paid"]);
    assert_eq!(Order::SCHEMA.indexes.len(), 1);
}
