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
    /// The field of the one header of its kind that is in it.
    inner: Option<i64>,
    uncompressed: i64,
    compressed: i64,
    values: i64,
    encoding: i64,
    nulls: i64,
    /// Bytes of the levels, which are not compressed in a page of version 2.
    levels: [i64; 2],
}

/// Checks the headers of the pages that are these bytes, one after the other, of a column chunk in a row group of `rows` rows.
///
/// Chunks may overlap: the pages have to be right for each that holds them.
pub(super) fn check(bytes: &Bytes, of: &[&ColumnChunkMetaData], rows: i64) -> Outcome<()> {
    let mut at = 0;
    while at < bytes.len() {
        let (header, length) = read(&bytes[at..])?;
        let end = at + length + check_header(&header, bytes.len() - at - length, rows)?;
        if header.kind != Some(DICTIONARY) && counted::concerns(header.encoding) {
            of.iter().try_for_each(|of| counted::check(bytes.slice(at..end), of))?;
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
    let values = match (header.kind, header.inner) {
        (Some(DATA), Some(5)) | (Some(DATA_V2), Some(8)) => {
            header.values <= rows && header.nulls <= header.values
        }
        // each value of a dictionary has a byte, but for those of no length
        (Some(DICTIONARY), Some(7)) => header.values <= header.uncompressed.max(rows),
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
            1 => header.kind = Some(number(walk)?),
            2 => header.uncompressed = number(walk)?,
            3 => header.compressed = number(walk)?,
            5 | 7 | 8 if kind == STRUCT && header.inner.is_none() => {
                header.inner = Some(field);
                read_inner(walk, &mut header, field == 8)?;
            }
            5 | 7 | 8 => return Err(wrong()),
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
            1 => header.values = number(walk)?,
            2 if version_2 => header.nulls = number(walk)?,
            2 => header.encoding = number(walk)?,
            4 if version_2 => header.encoding = number(walk)?,
            5 if version_2 => header.levels[0] = number(walk)?,
            6 if version_2 => header.levels[1] = number(walk)?,
            _ => return Ok(false),
        }
        Ok(true)
    })
}

/// A number of 32 bits; of a longer one the decoder would see the end alone.
fn number(walk: &mut Walk<'_>) -> Outcome<i64> {
    let number = walk.signed()?;
    i32::try_from(number).map(i64::from).map_err(|_| wrong())
}

fn wrong() -> FileError {
    damaged("the header of a page contradicts the page")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page of version 1 of one byte, with `inner` for the fields of its header from the fifth on.
    fn checked(inner: &[u8]) -> bool {
        let mut page = vec![0x15, 0, 0x15, 2, 0x15, 2];
        page.extend_from_slice(inner);
        page.extend_from_slice(&[0, 0]);
        check(&page.into(), &[], 1).is_ok()
    }

    #[test]
    fn headers_that_the_decoder_would_read_otherwise_are_refused() {
        // one value, plain, levels by runs
        let data = [0x15, 2, 0x15, 0, 0x15, 6, 0x15, 6, 0];
        let with = |head: &[u8], inner: &[u8], more: &[u8]| checked(&[head, inner, more].concat());
        assert!(with(&[0x2C], &data, &[]));
        assert!(!with(&[0x2C], &data, &[0x2C, 0x15, 2, 0x15, 0, 0]), "the header of a dictionary too");
        assert!(!with(&[0x2C], &data, &[&[0x0C, 10], &data[..]].concat()), "another header of the same kind");
        assert!(!with(&[0x4C], &data, &[]), "the header of a dictionary");
        assert!(!with(&[0x0C, 0x8A, 0x80, 8], &data, &[]), "field 65,541, of which 16 bits are 5");
        assert!(!with(&[0x29], &data, &[]), "no structure");
        let encoding = [0x15, 2, 0x15, 0x8E, 0x80, 0x80, 0x80, 0x20, 0x15, 6, 0x15, 6, 0];
        assert!(!with(&[0x2C], &encoding, &[]), "of whose number 32 bits are 7");
    }
}
