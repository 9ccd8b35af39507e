//! The change log: what an event is, its bytes, its checksums, and its forms for others.
//!
//! Knows `schema` and `value`. Where the bytes are kept is the hot tier's business.

mod checksum;
mod event;
pub(crate) mod frame;
#[cfg(feature = "warm")]
mod generation;
mod lens;
mod output;
pub(crate) mod row;

pub use checksum::Checksum;
pub(crate) use checksum::Hasher;
pub use event::{CdcEvent, CdcOperation, Change, Lineage, SnapshotId, Transaction};
pub(crate) use event::{EventRef, EventSchema};
#[cfg(feature = "warm")]
pub use generation::Generation;
pub(crate) use lens::Lens;
pub(crate) use output::{column_json, document_id};
