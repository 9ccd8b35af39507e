//! The metadata at the end of a file: found, checked, decoded.
//!
//! Every offset, length and count in it is held against the size of the file and against each other here, so that what
//! reads the file later may rely on them (invariant 8).

use std::ops::Range;

use parquet::file::{
    metadata::{ColumnChunkMetaData, ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData},
    page_index::offset_index::PageLocation,
};

use super::{
    error::{Outcome, damaged},
    thrift::{STRUCT, Walk},
};

/// The bytes at the end that say how long the metadata is.
pub(super) const TAIL: u64 = 8;
/// How deep columns may stand within each other.
const MAX_COLUMN_DEPTH: usize = 32;

/// Where the metadata is, by the last bytes of a file of `size` bytes.
pub(super) fn metadata_range(tail: &[u8], size: u64) -> Outcome<Range<u64>> {
    let [a, b, c, d, b'P', b'A', b'R', b'1'] = *tail else {
        return Err(damaged("it does not end as a Parquet file does"));
    };
    let length = u64::from(u32::from_le_bytes([a, b, c, d]));
    let end = size - TAIL;
    let start = end.checked_sub(length).ok_or_else(|| damaged("its metadata is larger than it is"))?;
    Ok(start..end)
}

/// The metadata of a file of `size` bytes and `rows` rows.
pub(super) fn decode(bytes: &[u8], size: u64, rows: u64) -> Outcome<ParquetMetaData> {
    check_structure(bytes)?;
    let metadata = ParquetMetaDataReader::decode_metadata(bytes).map_err(damaged)?;
    let mut counts = metadata.row_groups().iter().map(|group| u64::try_from(group.num_rows()).ok());
    let counted = counts.try_fold(0u64, |sum, count| sum.checked_add(count?));
    if counted != Some(rows) {
        return Err(damaged(format!("it does not have the {rows} rows that the table says")));
    }
    metadata.row_groups().iter().try_for_each(|group| check_group(group, size))?;
    Ok(metadata)
}

/// Walks over the metadata, and follows the tree of its columns.
fn check_structure(bytes: &[u8]) -> Outcome<()> {
    Walk::new(bytes).structure(|walk, field, _| {
        if field == 2 {
            check_schema(walk)?;
        }
        Ok(field == 2)
    })
}

fn check_schema(walk: &mut Walk<'_>) -> Outcome<()> {
    let (kind, count) = walk.list()?;
    if kind != STRUCT {
        return Err(damaged("its schema is no list"));
    }
    // how many children each of those has that are not at their end
    let mut open: Vec<i64> = Vec::new();
    for _ in 0..count {
        let mut children = 0;
        walk.structure(|walk, field, _| {
            if field == 5 {
                children = walk.signed()?;
            }
            Ok(field == 5)
        })?;
        if children < 0 || usize::try_from(children).map_or(true, |children| children > count) {
            return Err(damaged("its schema has more columns than it says"));
        }
        while open.pop_if(|left| *left == 0).is_some() {}
        if let Some(left) = open.last_mut() {
            *left -= 1;
        }
        if children > 0 {
            open.push(children);
        }
        if open.len() > MAX_COLUMN_DEPTH {
            return Err(damaged("its columns are nested too deeply"));
        }
    }
    Ok(())
}

fn check_group(group: &RowGroupMetaData, size: u64) -> Outcome<()> {
    for column in group.columns() {
        let flat = column.column_descr().max_rep_level() == 0;
        if column.num_values() < 0 || (flat && column.num_values() != group.num_rows()) {
            return Err(damaged("a column has not as many values as there are rows"));
        }
        chunk_range(column, size)?;
        index_range(column.column_index_offset(), column.column_index_length(), size)?;
        index_range(column.offset_index_offset(), column.offset_index_length(), size)?;
        index_range(column.bloom_filter_offset(), column.bloom_filter_length().or(Some(0)), size)?;
    }
    Ok(())
}

/// Where the pages of a column are.
fn chunk_range(column: &ColumnChunkMetaData, size: u64) -> Outcome<Range<u64>> {
    let data = column.data_page_offset();
    let start = column.dictionary_page_offset().unwrap_or(data);
    let range = range(Some(start), Some(column.compressed_size()), size)?;
    match range {
        Some(range) if start <= data => Ok(range),
        _ => Err(damaged("a column begins after its data")),
    }
}

fn index_range(offset: Option<i64>, length: Option<i32>, size: u64) -> Outcome<()> {
    range(offset, length.map(i64::from), size).map(drop)
}

/// A range of the file, which has to be in it.
fn range(offset: Option<i64>, length: Option<i64>, size: u64) -> Outcome<Option<Range<u64>>> {
    let (Some(offset), Some(length)) = (offset, length) else { return Ok(None) };
    let start = u64::try_from(offset).ok();
    let end = start.zip(u64::try_from(length).ok()).and_then(|(start, length)| start.checked_add(length));
    match start.zip(end) {
        Some((start, end)) if end <= size => Ok(Some(start..end)),
        _ => Err(damaged("a part of it is said to be beyond its end")),
    }
}

/// Checks the indexes of pages, whose bytes begin at `start` in the file, before they are decoded.
pub(super) fn check_index_bytes(metadata: &ParquetMetaData, bytes: &[u8], start: u64) -> Outcome<()> {
    let part = |offset: Option<i64>, length: Option<i32>| {
        let offset = usize::try_from(u64::try_from(offset?).ok()?.checked_sub(start)?).ok()?;
        bytes.get(offset..)?.get(..usize::try_from(length?).ok()?)
    };
    for column in metadata.row_groups().iter().flat_map(RowGroupMetaData::columns) {
        let columns = part(column.column_index_offset(), column.column_index_length());
        let offsets = part(column.offset_index_offset(), column.offset_index_length());
        columns.into_iter().chain(offsets).try_for_each(|bytes| Walk::new(bytes).any())?;
    }
    Ok(())
}

/// Checks what the decoded indexes say about where pages are.
pub(super) fn check_index(metadata: &ParquetMetaData) -> Outcome<()> {
    let Some(index) = metadata.offset_index() else { return Ok(()) };
    for (group, offsets) in metadata.row_groups().iter().zip(index) {
        for (column, offsets) in group.columns().iter().zip(offsets) {
            check_pages(column, offsets.page_locations(), group.num_rows())?;
        }
    }
    Ok(())
}

/// Pages follow each other within the column, and so do their rows.
fn check_pages(column: &ColumnChunkMetaData, pages: &[PageLocation], rows: i64) -> Outcome<()> {
    let wrong = || damaged("the index of its pages contradicts its columns");
    let (start, length) = column.byte_range();
    let (mut free, end) = (start.cast_signed(), start.saturating_add(length).cast_signed());
    let mut row = -1;
    if pages.first().is_some_and(|page| page.first_row_index != 0) || (pages.is_empty() && rows > 0) {
        return Err(wrong());
    }
    for page in pages {
        let page_end = page.offset.checked_add(i64::from(page.compressed_page_size)).ok_or_else(wrong)?;
        let in_order = page.offset >= free && page_end > page.offset && page_end <= end;
        if !in_order || page.first_row_index <= row || page.first_row_index >= rows {
            return Err(wrong());
        }
        (free, row) = (page_end, page.first_row_index);
    }
    Ok(())
}
