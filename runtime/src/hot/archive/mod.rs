//! Snapshots inside SQLite: the parts that they are made of, how the documents of a collection become parts, and parts
//! documents again.
//!
//! A part is a row group as it stands in the columns, documents that were rows as a row group, or a row of the log. What
//! snapshots are, how they build on each other and which of them stay, `crate::snapshots` knows.

#[cfg(feature = "lake")]
mod arriving;
mod content;
mod put;
mod store;
mod take;

#[cfg(feature = "lake")]
pub(crate) use arriving::Arriving;
pub(crate) use content::{Content, Overlay, Schemas, Word, Words, present_word};
pub(crate) use put::{Incoming, apply};
pub(crate) use store::{ArchiveWriter, Digest, StoredSnapshot};
pub(crate) use take::Archived;
