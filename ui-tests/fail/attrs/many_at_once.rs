// Five mistakes are five errors, and nothing else, in one run.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(nmae = "orders", index(stauts), cache = "soon")]
struct Order {
    id: i64,
    status: String,
    #[skip]
    #[unique]
    code: String,
}

fn main() {
    let _ = Order::COLUMNS.status.eq("open");
}
