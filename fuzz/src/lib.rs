//! What the fuzz targets share: bytes with the checksums that they ought to have, so that they come to the decoders.

use terrace::vortex::{File, Segment};

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
    let _ = segment.encodings();
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
