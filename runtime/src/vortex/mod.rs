//! VRTX: the columnar format, apart from where it is kept.
//!
//! A [`Column`] holds up to [`MAX_ROWS`] values of one [`DataType`]. [`encode`] makes a segment of it: bytes that stand
//! by themselves. [`Segment::open`] checks them; its [`Statistics`] say between what its values are, and it decodes all
//! rows, a range of them, or those that are selected. The segments of all columns of the same rows are a row group:
//! [`may_match`] rules one out by statistics, [`select`] finds the rows that a [`Predicate`](crate::filter::Predicate)
//! is true for. [`FileWriter`] and [`File`] put row groups into a file and read them. With the feature `arrow`, segments
//! and files are decoded to arrays of Apache Arrow; with `compact`, there is the profile [`Profile::Compact`].
//!
//! The bytes are specified in `docs/vrtx.md`. Knows `schema`, `value` and `filter`. Invariant 8 holds for every byte that
//! is read here: a value or a [`VrtxError`], and no more memory than [`MAX_ROWS`] and [`MAX_SEGMENT_BYTES`] allow.

// bits are cut and read anew throughout: widths are checked where bytes are parsed
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss
)]

#[cfg(feature = "arrow")]
mod arrow;
mod bitmap;
mod bits;
mod bools;
mod choice;
mod column;
mod describe;
mod encoding;
mod error;
mod file;
mod floats;
mod ints;
mod kept;
mod owned;
mod scan;
mod schema;
mod segment;
mod statistics;
mod strings;
mod types;
mod wide;

pub use bitmap::Bitmap;
pub use choice::Profile;
pub use column::{Column, Values};
pub use encoding::Encoding;
pub use error::VrtxError;
pub use file::{File, FileWriter};
pub(crate) use owned::OwnedSegment;
pub use scan::{may_match, select};
pub use schema::Field;
pub use segment::{MAX_ROWS, Segment, encode, encode_as};
pub use statistics::{Bounds, Statistics};
pub use strings::{MAX_SEGMENT_BYTES, Strings};
pub use types::DataType;
