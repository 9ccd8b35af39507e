//! The second version of a Worker: a column is widened, one renamed, one added, one dropped, and the index is another.
#![cfg(target_family = "wasm")]

mod shop;

use terrace::prelude::*;

/// An order.
#[derive(Collection, Clone, Debug, PartialEq)]
#[collection(index(channel, total))]
pub struct Order {
    #[id]
    id: i64,
    total: i64,
    #[was("note")]
    remark: Option<String>,
    #[column(fill = "online")]
    channel: String,
}

impl Order {
    fn new(id: i32) -> Self {
        Self { id: id.into(), total: i64::MAX - i64::from(id), remark: None, channel: "shop".into() }
    }

    fn pay(&mut self) {
        self.total = 0;
    }
}
