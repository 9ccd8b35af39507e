// An enum with one mistake, and a collection that has it as a column: only the mistake is an error.
use terrace::prelude::*;

#[derive(Embed, Clone, Copy)]
enum Status {
    Open,
    Paid(i64),
}

#[derive(Collection)]
struct Order {
    #[id]
    id: Id<Order>,
    #[index]
    status: Status,
}

fn main() {
    let _ = Order::COLUMNS.status.eq(Status::Open);
}
