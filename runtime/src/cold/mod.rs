//! The cold tier: the lake. Parquet files and Apache Iceberg tables that every engine can read.
//!
//! Knows `schema`, `filter`, `value`, the columns of `vortex` and the events of `cdc`, never `hot`. Keeps invariants 4 and 10.

mod batch;
mod catalog;
mod change_rows;
mod changelog;
mod changes;
mod commit;
mod compact;
mod deletes;
mod delivery;
mod document;
mod documents;
mod error;
mod expire;
mod find;
mod fold;
mod history;
pub mod iceberg;
mod key;
mod lake;
mod layout;
mod mapping;
mod moment;
#[cfg(not(target_family = "wasm"))]
mod open;
mod orphans;
pub mod parquet;
mod prune;
mod scan;
mod shape;
pub mod store;
mod table;
mod view;
mod watermark;

pub use catalog::{CatalogError, RestError, RestErrorKind};
pub(crate) use changelog::{ChangeFile, ChangelogWriter};
pub use compact::{CompactProgress, Compacted};
pub use delivery::Delivery;
pub(crate) use documents::{DocumentWriter, DocumentsFile, each_document};
pub use error::LakeError;
pub(crate) use error::refused;
pub use expire::{Expiry, Removed};
pub use find::{LakeFind, LakeRows};
pub use history::Version;
pub use iceberg::DataFile;
pub use lake::Lake;
pub(crate) use mapping::Mapped;
pub use mapping::MappingError;
pub(crate) use moment::Known;
pub use parquet::FileError;
pub use scan::ScanStat;
pub use store::{PutMode, Store, StoreError, StoreErrorKind, StoredFile};
pub(crate) use table::Table;
