//! A typed ORM for Durable Object collections.
//!
//! A Durable Object is a small SQLite database of its own: one for each user, document or shop. terrace makes one
//! annotated struct the source of everything that a collection in it needs: the table, its migrations, typed reads and
//! writes, and a change log that no write can miss. Natively the same code runs on a file.
//!
//! ```
//! use terrace::prelude::*;
//!
//! /// A task of somebody.
//! #[derive(Collection, Clone, Debug, PartialEq)]
//! struct Task {
//!     #[id]
//!     id: Id<Task>,
//!     #[index]
//!     owner: String,
//!     state: State,
//!     #[version]
//!     version: u32,
//! }
//!
//! #[derive(Embed, Clone, Copy, Debug, PartialEq)]
//! enum State { Open, Done }
//!
//! let db = Db::open_in_memory(collections![Task])?;
//! let task = Task { id: Id::new(), owner: "ada".into(), state: State::Open, version: 0 };
//! db.insert(&task)?;
//! db.update(task.id, |t| t.state = State::Done)?;
//! assert_eq!(db.find::<Task>(|t| t.owner.eq("ada").and(t.state.eq(State::Open))).count()?, 0);
//! assert_eq!(db.changes().since(0)?.count(), 2);
//! # Ok::<(), StorageError>(())
//! ```
//!
//! # Where to look
//!
//! * The attributes of a struct: [`macro@Collection`]; enums and newtypes as columns: [`macro@Embed`].
//! * Opening, writing, transactions: [`Db`]. The methods of a document itself: [`hot::Document`].
//! * Queries: [`hot::Find`], pages [`hot::Page`], the filters' columns [`Col`], SQL that reads [`Db::query`].
//! * Columns: documents move into them by [`Db::maintain`].
//! * The change log: [`hot::Changes`], its events [`cdc::CdcEvent`], [consumers](hot::Consumer),
//!   [retention](hot::Retention), [replay](Db::replay), [checksums](Db::checksum).
//! * Snapshots of an object, and going back to them: [`Db::snapshots`], [`snapshots::Snapshots`].
//! * Snapshots that are kept in a lake, as plain Parquet: `snapshots::Archive` (feature `lake`), from `Lake::archive`.
//! * The lake (feature `lake`): `Db::sync`, and reads of Iceberg tables as they are and were, `cold::Lake`.
//! * The cache (feature `warm`): `Cache`, how old an answer may be `warm::Policy`, what is invalidated `warm::Scope`.
//! * In a Durable Object (feature `worker`): `Db::durable`, and the platform's bookmarks, `Db::current_bookmark`.
//! * Errors: [`StorageError`] and its [`Cause`].
//!
//! # Columns
//!
//! | Rust | SQLite |
//! |---|---|
//! | `bool`, `i8` … `i64`, `u8` … `u32` | INTEGER |
//! | `f32`, `f64` | ANY that always holds a REAL (a REAL column would lose the sign of −0.0) |
//! | `String`; unit enums: their label; `#[json]` fields | TEXT |
//! | `Vec<u8>`, `[u8; N]`, [`Uuid`], [`Id`] | BLOB |
//! | [`Timestamp`], `jiff::Timestamp`, `chrono::DateTime<Utc>` (feature `chrono`) | INTEGER, microseconds since 1970 UTC |
//! | [`Date`] | INTEGER, days since 1970 |
//! | [`Decimal`]; conversions with feature `rust_decimal` | INTEGER, unscaled, up to 18 digits; above, TEXT that sorts |
//! | newtypes | as what they hold |
//! | `Option` of each | the same, nullable |
//!
//! Every value comes back bit for bit or is refused by name when it is written: NaN, moments finer than a microsecond,
//! values above 2 MB.

#[doc(hidden)]
#[path = "generated.rs"]
pub mod __private;
mod bytes;
#[cfg(feature = "warm")]
mod cached;
mod calendar;
pub mod cdc;
#[cfg(feature = "lake")]
pub mod cold;
pub mod error;
pub mod filter;
pub mod hot;
pub mod schema;
pub mod snapshots;
#[cfg(feature = "lake")]
pub mod sync;
#[cfg(any(feature = "lake", feature = "warm"))]
mod task;
pub mod value;
pub mod vortex;
#[cfg(feature = "warm")]
pub mod warm;

pub use error::{Cause, Operation, StorageError, StorageTier};
pub use filter::{Col, Filter};
pub use hot::{Db, Options, count};
pub use schema::types::{Date, Decimal, Id, Timestamp};
pub use schema::{Collection, Column};
pub use terrace_derive::{Collection, Embed};
pub use uuid::Uuid;

/// What a program that uses terrace imports: `use terrace::prelude::*;`
pub mod prelude {
    #[cfg(feature = "warm")]
    pub use crate::warm::{Cache, Cacheable};
    pub use crate::{
        Collection, Date, Db, Decimal, Embed, Filter, Id, StorageError, Timestamp, Uuid,
        cdc::{CdcEvent, CdcOperation, Change},
        collections,
        hot::{Document, Retention},
    };
    #[cfg(feature = "lake")]
    pub use crate::{
        cold::Lake,
        sync::{SyncResult, SyncState},
    };
}

/// The README's example is compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
