//! The column types that the crate brings along, and those of other crates behind features.

mod date;
mod decimal;
mod foreign;
mod id;
mod timestamp;

pub use date::Date;
pub use decimal::Decimal;
pub(crate) use decimal::{decimal_text, sortable_text, unscaled_of_sortable};
pub use id::Id;
pub use timestamp::Timestamp;
