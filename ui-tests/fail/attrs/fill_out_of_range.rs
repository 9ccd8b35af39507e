// Old rows would hold a number that the struct cannot read.
use terrace::prelude::*;

#[derive(Collection)]
struct Order {
    #[id]
    id: i64,
    #[column(fill = 300)]
    weekday: u8,
}

fn main() {}
