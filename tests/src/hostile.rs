//! Bytes as a decoder has to expect them: damaged, and with the checksum that they ought to have.

use crate::Random;

/// A segment of VRTX with some wrong bytes near its beginning, where most of what is parsed stands, and the right
/// checksum, without which nothing of it would be looked at.
#[must_use]
pub fn damaged(random: &mut Random, segment: &[u8]) -> Vec<u8> {
    let mut bytes = segment.to_vec();
    let below = |random: &mut Random, end: usize| usize::try_from(random.below(end as u64)).unwrap_or(0);
    for _ in 0..=random.below(4) {
        let at = below(random, bytes.len().min(400));
        match random.below(4) {
            0 => bytes[at] = random.bits().to_le_bytes()[0],
            1 => bytes[at] ^= 1 << random.below(8),
            2 => bytes.truncate(at.max(7)),
            _ => bytes.insert(at, [0, 1, 0x7F, 0x80, 0xFF][below(random, 5)]),
        }
    }
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&bytes[..2]);
    hasher.update(&bytes[6..]);
    bytes[2..6].copy_from_slice(&hasher.finalize().to_le_bytes());
    bytes
}
