// Which of the two names would it be?
use terrace::prelude::*;

#[derive(Collection)]
#[collection(name = "orders", name = "bills")]
struct Order {
    #[id]
    id: i64,
}

fn main() {}
