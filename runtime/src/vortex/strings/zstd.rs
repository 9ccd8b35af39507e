//! Strings as the general compressor zstd has them. For the compact profile.
//!
//! Source: RFC 8878, "Zstandard Compression and the 'application/zstd' Media Type".

use crate::bytes::Reader;

use super::{MAX_SEGMENT_BYTES, Outcome, TOO_LARGE, VrtxError};

/// A compressed frame.
#[derive(Debug)]
pub(super) struct Frame<'a> {
    size: usize,
    compressed: &'a [u8],
}

impl<'a> Frame<'a> {
    pub(super) fn parse(from: &mut Reader<'a>) -> Outcome<Self> {
        let size = usize::try_from(from.varint()?).unwrap_or(usize::MAX);
        if size > MAX_SEGMENT_BYTES {
            return Err(TOO_LARGE);
        }
        Ok(Self { size, compressed: from.prefixed()? })
    }

    /// The bytes of all strings, as many as the frame's head says.
    pub(super) fn decompress(&self) -> Outcome<Vec<u8>> {
        let bytes = decompress(self.compressed, self.size)?;
        if bytes.len() == self.size { Ok(bytes) } else { Err(super::WRONG_LENGTHS) }
    }
}

#[cfg(feature = "compact")]
const BROKEN: VrtxError = VrtxError::Damaged("a frame of zstd cannot be read");

#[cfg(all(feature = "compact", not(target_family = "wasm")))]
fn decompress(compressed: &[u8], size: usize) -> Outcome<Vec<u8>> {
    ::zstd::bulk::decompress(compressed, size).map_err(|_| BROKEN)
}

/// The largest window of a frame, for which a decoder may need as much memory: what RFC 8878 recommends, 8 MB.
#[cfg(all(feature = "compact", target_family = "wasm"))]
const WINDOW: u64 = 1 << 23;

/// The C library does not build for a Worker.
#[cfg(all(feature = "compact", target_family = "wasm"))]
fn decompress(compressed: &[u8], size: usize) -> Outcome<Vec<u8>> {
    let mut bytes = vec![0; size];
    let mut decoder = ruzstd::decoding::FrameDecoder::new();
    decoder.set_max_window_size(WINDOW);
    let written = decoder.decode_all(compressed, &mut bytes).map_err(|_| BROKEN)?;
    bytes.truncate(written);
    Ok(bytes)
}

#[cfg(not(feature = "compact"))]
fn decompress(_: &[u8], _: usize) -> Outcome<Vec<u8>> {
    Err(VrtxError::Unsupported("zstd needs the feature `compact`"))
}

/// The level of compression: zstd's own default.
#[cfg(all(feature = "compact", not(target_family = "wasm")))]
const LEVEL: i32 = 3;

/// The sequence as a node.
#[cfg(feature = "compact")]
pub(super) fn encode(view: super::View<'_>, lengths: &[u8]) -> Option<Vec<u8>> {
    use crate::{bytes::put_varint, vortex::encoding::Encoding};

    let bytes = view.bytes_of(0..view.len());
    let compressed = compress(bytes)?;
    let mut node = vec![Encoding::Zstd as u8];
    node.extend(lengths);
    put_varint(&mut node, bytes.len() as u64);
    put_varint(&mut node, compressed.len() as u64);
    node.extend(compressed);
    Some(node)
}

#[cfg(all(feature = "compact", not(target_family = "wasm")))]
fn compress(bytes: &[u8]) -> Option<Vec<u8>> {
    ::zstd::bulk::compress(bytes, LEVEL).ok()
}

#[cfg(all(feature = "compact", target_family = "wasm"))]
#[allow(clippy::unnecessary_wraps)] // the C library can fail
fn compress(bytes: &[u8]) -> Option<Vec<u8>> {
    Some(ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest))
}
