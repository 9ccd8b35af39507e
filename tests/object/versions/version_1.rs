//! A Worker whose object the second version, beside this file, finds.
#![cfg(target_family = "wasm")]

mod shop;

use terrace::prelude::*;

/// An order.
#[derive(Collection, Clone, Debug, PartialEq)]
#[collection(index(total))]
pub struct Order {
    #[id]
    id: i64,
    total: i32,
    note: Option<String>,
    lines: i32,
}

impl Order {
    fn new(id: i32) -> Self {
        Self { id: id.into(), total: id * 10, note: (id % 3 == 0).then(|| format!("note {id}")), lines: id }
    }

    fn pay(&mut self) {
        self.total = 0;
    }
}
