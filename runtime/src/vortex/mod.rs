//! VRTX: the columnar format, apart from where it is kept.
//!
//! Knows `schema` and `value`. Invariant 8 holds for every byte that is read here.
//!
//! The bytes are specified in `docs/vrtx.md`.

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
pub use segment::{MAX_ROWS, Segment, encode, encode_as};
pub use statistics::{Bounds, Statistics};
pub use strings::{MAX_SEGMENT_BYTES, Strings};
pub use types::DataType;
