//! What the fuzz targets share: bytes with the checksums that they ought to have, so that they come to the decoders.

use terrace::{
    filter::{Comparison, Place, Predicate},
    value::Value,
    vortex::{Bitmap, Column, File, Segment, VrtxError, may_match, select},
};

/// Decodes a segment of one of these types. The data is one but for its checksum, which is made right.
pub fn segment(types: &[u8], data: &[u8]) {
    if data.len() < 6 {
        return;
    }
    let mut bytes = data.to_vec();
    if !types.contains(&(bytes[0] & 0x7F)) {
        bytes[0] = types[usize::from(bytes[0] & 0x7F) % types.len()] | bytes[0] & 0x80;
    }
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&bytes[..2]);
    hasher.update(&bytes[6..]);
    bytes[2..6].copy_from_slice(&hasher.finalize().to_le_bytes());
    let Ok(segment) = Segment::open(&bytes) else { return };
    let rows = segment.rows();
    let whole = segment.decode();
    let part = segment.decode_range(rows / 3..rows / 2);
    assert!(whole.is_err() || part.is_ok(), "a part of a sound segment is sound");
    let _ = segment.decode_arrow(0..rows);
    // where a multiple wraps around, which no encoder may write, a search is not exact
    let is_exact = !segment.encodings().contains("scaled");
    let _ = segment.decode_dictionary();
    let every_third: Bitmap = (0..rows).map(|row| row % 3 == 0).collect();
    let _ = segment.decode_selected(&every_third);
    for predicate in predicates(data) {
        let _ = may_match(&predicate, &|_| Some(segment.statistics()));
        let found = select::<VrtxError>(&predicate, rows, &mut |_| Segment::open(&bytes).map(Some));
        if let (true, Ok(column), Ok(found)) = (is_exact, &whole, &found) {
            check(&predicate, column, found);
        }
    }
}

/// Conditions whose operands come from the data.
fn predicates(data: &[u8]) -> [Predicate; 4] {
    let column = || "column".into();
    let number = data.last_chunk().map_or(0, |last| i64::from_le_bytes(*last));
    let small = i64::from(data.last().copied().unwrap_or(0));
    let text = Value::Text(String::from_utf8_lossy(&data[data.len() / 2..]).into_owned());
    let blob = Value::Blob(data[data.len().saturating_sub(16)..].to_vec());
    [
        Predicate::Compare { column: column(), comparison: Comparison::Ge, value: Value::Integer(number) },
        Predicate::In {
            column: column(),
            values: vec![Value::Integer(number), Value::Integer(small), text.clone(), blob],
        },
        Predicate::Compare { column: column(), comparison: Comparison::Lt, value: text },
        Predicate::Text { column: column(), place: Place::Anywhere, part: "a".to_owned() },
    ]
}

/// A search in encoded numbers finds what one in decoded numbers does.
fn check(predicate: &Predicate, column: &Column, found: &Bitmap) {
    for row in 0..column.len() {
        let Value::Integer(number) = column.get(row) else { return };
        let expected = match predicate {
            Predicate::Compare { value: Value::Integer(least), .. } => number >= *least,
            Predicate::In { values, .. } => values.contains(&Value::Integer(number)),
            _ => false,
        };
        assert_eq!(found.get(row), expected, "row {row}: {number}");
    }
}

/// Reads a file: the data is all of it but its first 8 bytes, and the checksum, which is right.
pub fn file(data: &[u8]) {
    let Some((before, index)) = data.split_last_chunk::<4>() else { return };
    let mut bytes = b"VRTX\x01\0\0\0".to_vec();
    bytes.extend(before);
    let checksum = crc32fast::hash(&bytes);
    bytes.extend(checksum.to_le_bytes());
    bytes.extend(index);
    let Ok(file) = File::open(&bytes) else { return };
    for group in 0..file.groups() {
        for column in 0..file.names().len() {
            let _ = file.segment(group, column).and_then(|segment| segment.decode());
        }
    }
}
