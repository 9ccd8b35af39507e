//! What the fuzz targets share: bytes with the checksums that they ought to have, so that they come to the decoders.

use terrace::vortex::{File, Segment};

/// Decodes a segment of one of these types: the first byte chooses, the others are what follows the type.
pub fn segment(types: &[u8], data: &[u8]) {
    let Some((&first, rest)) = data.split_first() else { return };
    let mut bytes = vec![types[usize::from(first & 0x7F) % types.len()] | first & 0x80];
    bytes.extend(rest.first());
    bytes.extend([0; 4]);
    bytes.extend(rest.iter().skip(1));
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&bytes[..bytes.len() - 4 - rest.len().saturating_sub(1)]);
    hasher.update(&bytes[bytes.len() - rest.len().saturating_sub(1)..]);
    let at = bytes.len() - 4 - rest.len().saturating_sub(1);
    bytes[at..at + 4].copy_from_slice(&hasher.finalize().to_le_bytes());
    let Ok(segment) = Segment::open(&bytes) else { return };
    let rows = segment.rows();
    let whole = segment.decode();
    let part = segment.decode_range(rows / 3..rows / 2);
    assert!(whole.is_err() || part.is_ok(), "a part of a sound segment is sound");
    let _ = segment.decode_arrow(0..rows);
    let _ = segment.encodings();
}

/// Reads a file: its header and index are the data, the checksum is right.
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
