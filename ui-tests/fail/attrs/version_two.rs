// Which of the two would count?
use terrace::prelude::*;

#[derive(Collection)]
struct Order {
    #[id]
    id: i64,
    #[version]
    version: u32,
    #[version]
    revision: u32,
}

fn main() {}
