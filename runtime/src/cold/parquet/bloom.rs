//! Bloom filters: which bytes of one say whether a value may be there.
//!
//! Of a filter of some hundred kilobytes one block of 32 bytes is read for each value. Source: Parquet, "Bloom Filter".

use std::ops::Range;

use parquet::{basic::Type as Physical, bloom_filter::Sbbf, file::metadata::ColumnChunkMetaData};
use xxhash_rust::xxh64::xxh64;

use crate::filter::Comparison;

use super::{
    error::{Outcome, damaged},
    fetch::Fetch,
    predicate::{Leaf, Test},
    scalar::Scalar,
    thrift::Walk,
};

/// The header of a filter has fewer bytes.
const HEADER_BYTES: u64 = 32;
/// A filter up to this size is read with its header.
const SMALL: u64 = 4096;
/// The bytes that a value sets its bits in.
const BLOCK: u64 = 32;
/// So many values are looked up, not more.
const MAX_VALUES: usize = 64;

/// A filter whose header was read.
struct Filter {
    /// Where its blocks are in the file.
    blocks: Range<u64>,
}

/// The first bytes of the filter of a column, in a file of `size` bytes: the header, or all of it when it is small.
fn first_range(column: &ColumnChunkMetaData, size: u64) -> Option<Range<u64>> {
    let start = u64::try_from(column.bloom_filter_offset()?).ok()?;
    let length = column.bloom_filter_length().and_then(|length| u64::try_from(length).ok());
    let read = length.filter(|&length| length <= SMALL).unwrap_or(HEADER_BYTES);
    (start < size).then(|| start..size.min(start + read))
}

impl Filter {
    /// The filter that begins with these bytes at `start`; none if it is of a kind that is not known.
    fn open(bytes: &[u8], start: u64, size: u64) -> Outcome<Option<Self>> {
        let mut length = 0;
        let mut known = true;
        let mut walk = Walk::new(bytes);
        walk.structure(|walk, field, _| {
            match field {
                1 => length = walk.signed()?,
                // algorithm, hash, compression: of each the first is the only one that there is
                2..=4 => walk.structure(|_, choice, _| {
                    known &= choice == 1;
                    Ok(false)
                })?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        let start = start + walk.position() as u64;
        let length = u64::try_from(length).ok().filter(|length| *length > 0 && length % BLOCK == 0);
        match length.and_then(|length| start.checked_add(length)).filter(|&end| end <= size) {
            Some(end) if known => Ok(Some(Self { blocks: start..end })),
            Some(_) => Ok(None),
            None => Err(damaged("a bloom filter is said to be beyond its end")),
        }
    }

    /// The block that a value would have its bits in.
    fn block(&self, value: &[u8]) -> Range<u64> {
        let blocks = (self.blocks.end - self.blocks.start) / BLOCK;
        // both factors are below 2^32: a filter's length is an i32
        let at = ((xxh64(value, 0) >> 32) * blocks) >> 32;
        let start = self.blocks.start + at * BLOCK;
        start..start + BLOCK
    }
}

/// A condition on a column that has a filter which can answer it.
pub(super) struct Question<'n> {
    pub(super) leaf: &'n Leaf,
    /// The values that the condition looks for, as they are in the filter.
    values: Vec<Vec<u8>>,
    /// The first bytes of the filter.
    first: Range<u64>,
}

impl<'n> Question<'n> {
    /// The condition on a column of a file of `size` bytes; none where a filter does not help.
    pub(super) fn new(leaf: &'n Leaf, column: &ColumnChunkMetaData, size: u64) -> Option<Self> {
        Some(Self { leaf, values: values(leaf, column)?, first: first_range(column, size)? })
    }

    /// Asks the filter whether one of the values may be there.
    pub(super) async fn may_be_there(&self, fetch: &mut Fetch) -> Outcome<bool> {
        let head = fetch.one(self.first.clone()).await?;
        let Some(filter) = Filter::open(&head, self.first.start, fetch.size())? else { return Ok(true) };
        let blocks: Vec<_> = self.values.iter().map(|value| filter.block(value)).collect();
        let blocks = fetch.get(&blocks).await?;
        // of a filter of one block, every value is in that
        Ok(blocks.iter().zip(&self.values).any(|(block, value)| Sbbf::new(block).check(value)))
    }
}

/// The values that the condition looks for, as the bytes that a filter of the column has them in. Values that the column
/// cannot hold are left out.
fn values(leaf: &Leaf, column: &ColumnChunkMetaData) -> Option<Vec<Vec<u8>>> {
    let values = match &leaf.test {
        Test::Compare(Comparison::Eq, value) => std::slice::from_ref(value),
        Test::In(values) if values.len() <= MAX_VALUES => values,
        _ => return None,
    };
    let length = usize::try_from(column.column_descr().type_length()).unwrap_or(0);
    let mut all = Vec::with_capacity(values.len());
    for value in values {
        match plain(value, column.column_type(), length) {
            Plain::Bytes(bytes) => all.push(bytes),
            Plain::Beyond => {}
            Plain::Unlike => return None,
        }
    }
    Some(all)
}

/// A value in the plain encoding of a column.
enum Plain {
    Bytes(Vec<u8>),
    /// The column cannot hold it.
    Beyond,
    /// It may be there in other bytes.
    Unlike,
}

fn plain(value: &Scalar, physical: Physical, length: usize) -> Plain {
    let bytes = match (value, physical) {
        (Scalar::Int(value), Physical::INT32) => {
            i32::try_from(*value).ok().map(|value| value.to_le_bytes().to_vec())
        }
        (Scalar::Int(value), Physical::INT64) => {
            i64::try_from(*value).ok().map(|value| value.to_le_bytes().to_vec())
        }
        (Scalar::Int(value), Physical::FIXED_LEN_BYTE_ARRAY) if (1..=16).contains(&length) => {
            let bytes = value.to_be_bytes();
            let (sign, rest) = bytes.split_at(16 - length);
            let extension = if rest[0] & 0x80 == 0 { 0 } else { 0xFF };
            sign.iter().all(|&byte| byte == extension).then(|| rest.to_vec())
        }
        (Scalar::Bytes(bytes), Physical::FIXED_LEN_BYTE_ARRAY) => {
            (bytes.len() == length).then(|| bytes.clone())
        }
        (Scalar::Bytes(bytes), Physical::BYTE_ARRAY) => Some(bytes.clone()),
        // a float is there as -0.0 or as 0.0, and the digits of a decimal may have any length
        _ => return Plain::Unlike,
    };
    bytes.map_or(Plain::Beyond, Plain::Bytes)
}
