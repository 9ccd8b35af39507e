//! Pages of texts and bytes whose lengths are deltas say themselves how many values they have and how long these are, and the
//! decoder makes room for as many and as long. Before it does, what they say is held against their header, and what the values
//! come to against what a page may (invariant 8).
//!
//! Source: Parquet, "Data encodings": `DELTA_BINARY_PACKED`, `DELTA_LENGTH_BYTE_ARRAY`, `DELTA_BYTE_ARRAY`.

use std::sync::Arc;

use bytes::Bytes;
use parquet::{
    basic::Encoding,
    column::page::{Page, PageReader},
    file::{metadata::ColumnChunkMetaData, serialized_reader::SerializedPageReader},
};

use crate::bytes::Reader;

use super::{
    error::{Outcome, damaged},
    guard::guarded,
};

/// The bytes of all values of a page, at most. Each may repeat much of the one before.
const MAX_VALUE_BYTES: u64 = 256 * 1024 * 1024;

const DELTA_LENGTHS: i64 = 6;
const DELTA_TEXTS: i64 = 7;

/// Whether pages of this encoding have to be looked at.
pub(super) fn concerns(encoding: i64) -> bool {
    matches!(encoding, DELTA_LENGTHS | DELTA_TEXTS)
}

/// Checks a page, given with its header, of a column chunk.
pub(super) fn check(page: Bytes, of: &ColumnChunkMetaData) -> Outcome<()> {
    let (values, encoding, most) = values(page, of)?;
    let most = most.min(MAX_VALUE_BYTES / 4); // the decoder has four bytes for a length
    let lengths = Lengths::read(&values, most).ok_or_else(wrong)?;
    let lengths = match encoding {
        Encoding::DELTA_BYTE_ARRAY => {
            let suffixes = Lengths::read(&values[lengths.end..], most).ok_or_else(wrong)?;
            Lengths { sum: lengths.sum.saturating_add(suffixes.sum), ..lengths }
        }
        _ => lengths,
    };
    if lengths.sum <= MAX_VALUE_BYTES { Ok(()) } else { Err(wrong()) }
}

/// The values of a page, decompressed and without the levels before them, their encoding, and how many there may be.
fn values(page: Bytes, of: &ColumnChunkMetaData) -> Outcome<(Bytes, Encoding, u64)> {
    let alone = ColumnChunkMetaData::builder(of.column_descr_ptr())
        .set_compression(of.compression())
        .set_data_page_offset(0)
        .set_total_compressed_size(i64::try_from(page.len()).map_err(damaged)?)
        .set_num_values(of.num_values())
        .build()
        .map_err(damaged)?;
    let rows = usize::try_from(of.num_values()).map_err(damaged)?;
    let read = || SerializedPageReader::new(Arc::new(page), &alone, rows, None)?.get_next_page();
    let nullable = of.column_descr().max_def_level() > 0;
    match guarded(|| read().map_err(damaged))? {
        Some(Page::DataPage { buf, encoding, num_values, def_level_encoding, .. }) => {
            let levels = match def_level_encoding {
                _ if !nullable => 0,
                Encoding::RLE => buf.first_chunk().map_or(usize::MAX, |&length| {
                    usize::try_from(u32::from_le_bytes(length))
                        .map_or(usize::MAX, |length| length.saturating_add(4))
                }),
                _ => return Err(damaged("a page of an encoding that goes with no other levels")),
            };
            after(&buf, levels).map(|values| (values, encoding, num_values.into()))
        }
        Some(Page::DataPageV2 {
            buf,
            encoding,
            num_values,
            def_levels_byte_len,
            rep_levels_byte_len,
            ..
        }) => {
            let levels = u64::from(def_levels_byte_len) + u64::from(rep_levels_byte_len);
            let levels = usize::try_from(levels).map_err(damaged)?;
            after(&buf, levels).map(|values| (values, encoding, num_values.into()))
        }
        _ => Err(wrong()),
    }
}

fn after(bytes: &Bytes, levels: usize) -> Outcome<Bytes> {
    if levels <= bytes.len() { Ok(bytes.slice(levels..)) } else { Err(wrong()) }
}

/// Lengths that are packed as deltas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Lengths {
    count: u64,
    sum: u64,
    /// Where the bytes of the last end.
    end: usize,
}

impl Lengths {
    /// None of bytes that are not such lengths, of a negative one, and of more than `most`.
    fn read(bytes: &[u8], most: u64) -> Option<Self> {
        let mut from = Reader::new(bytes);
        let block = from.varint().ok()?;
        let per_block = from.varint().ok()?;
        let count = from.varint().ok()?;
        let mut length = from.signed().ok()?;
        let per_mini = usize::try_from(block.checked_div(per_block)?).ok()?;
        let per_block = usize::try_from(per_block).ok()?;
        if count > most || per_mini == 0 || per_mini % 32 != 0 {
            return None;
        }
        let mut sum = if count > 0 { u64::try_from(length).ok()? } else { 0 };
        let mut left = count.saturating_sub(1);
        while left > 0 {
            let smallest = from.signed().ok()?;
            for &width in from.take(per_block).ok()? {
                if left == 0 {
                    break;
                }
                let packed = from.take(per_mini.checked_mul(width.into())? / 8).ok()?;
                let here = left.min(per_mini as u64);
                for place in 0..usize::try_from(here).ok()? {
                    let delta = i64::from(bits(packed, place, width)?);
                    length = length.checked_add(smallest)?.checked_add(delta)?;
                    sum = sum.checked_add(u64::try_from(length).ok()?)?;
                }
                left -= here;
            }
        }
        Some(Self { count, sum, end: bytes.len() - from.len() })
    }
}

/// The number at a place among numbers of `width` bits.
fn bits(packed: &[u8], place: usize, width: u8) -> Option<u32> {
    if width > 32 {
        return None;
    }
    let first = place * usize::from(width);
    let rest = packed.get(first / 8..)?;
    let mut window = [0; 8];
    let length = rest.len().min(8);
    window[..length].copy_from_slice(&rest[..length]);
    let number = u64::from_le_bytes(window) >> (first % 8) & ((1 << width) - 1);
    u32::try_from(number).ok()
}

fn wrong() -> super::error::FileError {
    damaged("a page has not the values that it says")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_and_their_end_is_found() {
        // the example of the specification: 7, 5, 3, 1, 2, 3, 4, 5 is 7 and the deltas -2, -2, -2, 1, 1, 1, 1
        let mut bytes = vec![0x80, 0x01, 4, 8, 14, 3, 2, 0, 0, 0, 0b1100_0000, 0b0011_1111];
        bytes.extend([0; 6]);
        bytes.push(99);
        let read = Lengths::read(&bytes, 8);
        assert_eq!(read, Some(Lengths { count: 8, sum: 30, end: bytes.len() - 1 }));
        assert_eq!(Lengths::read(&bytes, 7), None, "more than there may be");
        assert_eq!(Lengths::read(&bytes[..bytes.len() - 2], 8), None, "cut off");
        bytes[4] = 1;
        assert_eq!(Lengths::read(&bytes, 8), None, "a negative length");
    }
}
