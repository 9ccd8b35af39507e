// Old rows would hold a label that the enum does not know.
use terrace::prelude::*;

#[derive(Embed)]
enum Status {
    Open,
    InTransit,
}

#[derive(Collection)]
struct Order {
    #[id]
    id: i64,
    #[column(fill = "InTransit")]
    status: Status,
}

fn main() {}
