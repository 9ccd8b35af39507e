//! The documents of the cases about migrations: the first version of every `order` there.

use terrace::prelude::*;

/// An order, with an index over two columns.
#[derive(Collection, Clone, Debug, PartialEq)]
#[collection(name = "order", index(status, total))]
pub struct Order {
    /// SQLite's own row number.
    #[id]
    pub id: i64,
    /// Ten times the id.
    pub total: i32,
    /// Of every third.
    pub note: Option<String>,
    /// Open, if the id is even.
    pub status: Status,
    /// The same of all.
    pub weight: f32,
}

/// How far an order is.
#[derive(Embed, Clone, Copy, Debug, PartialEq)]
pub enum Status {
    /// Not paid.
    Open,
    /// Paid.
    Paid,
}

/// Leaves the orders 0 to 9 but the fourth, of which the third has been changed.
///
/// # Errors
/// The database cannot be written.
pub fn leave_orders(db: &Db) -> Result<(), StorageError> {
    db.insert_all(&(0..10).map(order).collect::<Vec<_>>())?;
    db.update::<Order>(3, |o| o.total += 1)?;
    db.delete::<Order>(4).map(drop)
}

fn order(id: i32) -> Order {
    Order {
        id: id.into(),
        total: id * 10,
        note: (id % 3 == 0).then(|| format!("note {id}")),
        status: if id % 2 == 0 { Status::Open } else { Status::Paid },
        weight: 0.5,
    }
}
