//! The documents of the cases about the change log.

use terrace::prelude::*;

/// An account, with a column that is masked.
#[derive(Collection, Clone, Debug, PartialEq)]
pub struct Account {
    /// SQLite's own row number.
    #[id]
    pub id: i64,
    /// Whose it is.
    pub owner: String,
    /// What nobody outside sees.
    #[column(mask)]
    pub pin: Option<i64>,
    /// Since when.
    pub opened: Timestamp,
    /// How much is on it.
    pub balance: Decimal<12, 2>,
}

/// A document with a version.
#[derive(Collection, Clone, Debug, PartialEq)]
pub struct Numbered {
    /// SQLite's own row number.
    #[id]
    pub id: i64,
    /// What changes.
    pub name: String,
    /// How often it did.
    #[version]
    pub version: u32,
}

/// The account with this id, each field of which follows from it.
///
/// # Panics
/// The id is beyond eight digits.
#[must_use]
pub fn account(id: i64) -> Account {
    let balance = Decimal::from_unscaled(i128::from(id) * 100 + 5).expect("it fits");
    Account { id, owner: format!("owner {id}"), pin: Some(1234), opened: Timestamp::from_micros(id), balance }
}
