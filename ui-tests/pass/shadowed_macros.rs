// The user's own macros have the names of the standard library's.
#![allow(unused_macros)]
use terrace::prelude::*;

macro_rules! assert {
    ($($token:tt)*) => { compile_error!("not this one") };
}
macro_rules! panic {
    ($($token:tt)*) => { compile_error!("not this one") };
}
macro_rules! unreachable {
    ($($token:tt)*) => { compile_error!("not this one") };
}

#[derive(Collection)]
#[collection(partition(day(placed)))]
struct Order {
    #[id]
    id: Id<Order>,
    #[unique]
    code: String,
    #[column(fill = 0)]
    placed: Timestamp,
}

fn main() {}
