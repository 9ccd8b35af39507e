// A deprecated field, variant and struct can be embedded and stored; only the user's own use of them warns.
#![deny(warnings)]
#![allow(dead_code)]
use terrace::prelude::*;

#[derive(Embed)]
enum Status {
    Open,
    #[deprecated]
    Lost,
}

#[derive(Collection)]
struct Order {
    #[id]
    id: i64,
    status: Status,
    #[deprecated]
    total: i64,
}

#[derive(Collection)]
#[deprecated]
struct Old {
    #[id]
    id: i64,
}

#[derive(Embed)]
#[deprecated]
struct OldCents(i64);

fn main() {}
