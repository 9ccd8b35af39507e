//! A typed ORM for Durable Object collections.
//!
//! One annotated struct gives typed insert, update and delete on SQLite that always leave a change event.

#[doc(hidden)]
#[path = "generated.rs"]
pub mod __private;
pub mod cdc;
pub mod error;
pub mod filter;
pub mod hot;
pub mod schema;
pub mod value;

pub use error::{Cause, Operation, StorageError, StorageTier};
pub use filter::{Col, Filter};
pub use hot::{Db, Options};
pub use schema::types::{Date, Decimal, Id, Timestamp};
pub use schema::{Collection, Column};
pub use terrace_derive::{Collection, Embed};
pub use uuid::Uuid;

/// What a program that uses terrace imports: `use terrace::prelude::*;`
pub mod prelude {
    pub use crate::{
        Collection, Date, Db, Decimal, Embed, Filter, Id, StorageError, Timestamp, Uuid,
        cdc::{CdcEvent, CdcOperation, Change},
        collections,
        hot::{Document, Retention},
    };
}

/// The README's example is compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
