//! The headers of pages, checked before a page is decompressed and decoded: no more memory is asked for than a page may
//! have (invariant 8).

use bytes::Bytes;
use parquet::file::metadata::ColumnChunkMetaData;

use super::{
    counted,
    error::{FileError, Outcome, damaged},
    thrift::{STRUCT, Walk},
};

/// The bytes of a page once it is decompressed, at most. Writers end a page at 1 MB, or after the value that passes it.
const MAX_PAGE_BYTES: i64 = 64 * 1024 * 1024;

const DATA: i64 = 0;
const DICTIONARY: i64 = 2;
const DATA_V2: i64 = 3;

/// What the header of a page says.
#[derive(Default)]
struct Header {
    kind: Option<i64>,
    uncompressed: i64,
    compressed: i64,
    values: i64,
    encoding: i64,
    nulls: i64,
    /// Bytes of the levels, which are not compressed in a page of version 2.
    levels: [i64; 2],
}

/// Checks the headers of the pages that are these bytes, one after the other, of a column chunk in a row group of `rows` rows.
pub(super) fn check(bytes: &Bytes, of: Option<&ColumnChunkMetaData>, rows: i64) -> Outcome<()> {
    let mut at = 0;
    while at < bytes.len() {
        let (header, length) = read(&bytes[at..])?;
        let end = at + length + check_header(&header, bytes.len() - at - length, rows)?;
        if header.kind != Some(DICTIONARY) && counted::concerns(header.encoding) {
            counted::check(bytes.slice(at..end), of.ok_or_else(wrong)?)?;
        }
        at = end;
    }
    Ok(())
}

/// The bytes of the page after its header.
fn check_header(header: &Header, left: usize, rows: i64) -> Outcome<usize> {
    let length = usize::try_from(header.compressed).ok().filter(|&length| length <= left);
    let levels = header.levels[0].checked_add(header.levels[1]);
    let fits = levels.is_some_and(|levels| levels <= header.compressed && levels <= header.uncompressed);
    let positive = header.levels.iter().all(|&length| length >= 0) && header.values >= 0 && header.nulls >= 0;
    let values = match header.kind {
        Some(DATA | DATA_V2) => header.values <= rows && header.nulls <= header.values,
        // each value of a dictionary has a byte, but for those of no length
        Some(DICTIONARY) => header.values <= header.uncompressed.max(rows),
        _ => false,
    };
    match length {
        Some(length) if fits && positive && values && header.uncompressed <= MAX_PAGE_BYTES => Ok(length),
        _ => Err(wrong()),
    }
}

fn read(bytes: &[u8]) -> Outcome<(Header, usize)> {
    let mut header = Header::default();
    let mut walk = Walk::new(bytes);
    walk.structure(|walk, field, kind| {
        match field {
            1 => header.kind = Some(walk.signed()?),
            2 => header.uncompressed = walk.signed()?,
            3 => header.compressed = walk.signed()?,
            5 | 7 | 8 if kind == STRUCT => read_inner(walk, &mut header, field == 8)?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    Ok((header, walk.position()))
}

/// The header of a data page, of a dictionary, or of a data page of version 2.
fn read_inner(walk: &mut Walk<'_>, header: &mut Header, version_2: bool) -> Outcome<()> {
    walk.structure(|walk, field, _| {
        match field {
            1 => header.values = walk.signed()?,
            2 if version_2 => header.nulls = walk.signed()?,
            2 => header.encoding = walk.signed()?,
            4 if version_2 => header.encoding = walk.signed()?,
            5 if version_2 => header.levels[0] = walk.signed()?,
            6 if version_2 => header.levels[1] = walk.signed()?,
            _ => return Ok(false),
        }
        Ok(true)
    })
}

fn wrong() -> FileError {
    damaged("the header of a page contradicts the page")
}
