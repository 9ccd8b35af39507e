//! Reading and writing bytes within bounds: varints, fixed widths, slices.
//!
//! Invariant 8: [`Reader`] never reads past its end and never allocates.

/// Appends `number` in groups of seven bits, the lowest first.
///
/// Source: Protocol Buffers, "Base 128 Varints".
#[inline]
pub(crate) fn put_varint(to: &mut Vec<u8>, mut number: u64) {
    let mut bytes = [0; 10];
    let mut length = 0;
    while number >= 0x80 {
        bytes[length] = number.to_le_bytes()[0] | 0x80;
        length += 1;
        number >>= 7;
    }
    bytes[length] = number.to_le_bytes()[0];
    to.extend_from_slice(&bytes[..=length]);
}

/// Appends a signed number so that small ones of either sign stay short.
///
/// Source: Protocol Buffers, "Signed Integers" (zigzag).
pub(crate) fn put_signed(to: &mut Vec<u8>, number: i64) {
    put_varint(to, (number.cast_unsigned() << 1) ^ (number >> 63).cast_unsigned());
}

/// Bytes that are read from front to back.
#[derive(Clone, Debug)]
pub(crate) struct Reader<'a>(&'a [u8]);

/// What is wrong with bytes that were read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Damaged(pub(crate) &'static str);

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many bytes are left.
    #[cfg(any(feature = "lake", feature = "warm"))]
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    #[inline]
    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], Damaged> {
        let (head, rest) = self.0.split_at_checked(length).ok_or(Damaged("it ends too early"))?;
        self.0 = rest;
        Ok(head)
    }

    #[inline]
    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Damaged> {
        let (head, rest) = self.0.split_first_chunk().ok_or(Damaged("it ends too early"))?;
        self.0 = rest;
        Ok(*head)
    }

    #[inline]
    pub(crate) fn byte(&mut self) -> Result<u8, Damaged> {
        self.array::<1>().map(|[byte]| byte)
    }

    #[inline]
    pub(crate) fn varint(&mut self) -> Result<u64, Damaged> {
        if let [byte @ ..0x80, rest @ ..] = self.0 {
            self.0 = rest; // most lengths and counts
            return Ok(u64::from(*byte));
        }
        let (number, rest) = long_varint(self.0)?;
        self.0 = rest;
        Ok(number)
    }

    #[inline]
    pub(crate) fn signed(&mut self) -> Result<i64, Damaged> {
        let number = self.varint()?;
        Ok((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }

    /// A length that precedes as many bytes.
    #[inline]
    pub(crate) fn prefixed(&mut self) -> Result<&'a [u8], Damaged> {
        let length = usize::try_from(self.varint()?).map_err(|_| Damaged("a length is too great"))?;
        self.take(length)
    }
}

/// A number, and what follows it.
fn long_varint(bytes: &[u8]) -> Result<(u64, &[u8]), Damaged> {
    if let Some(word) = bytes.first_chunk().map(|chunk| u64::from_le_bytes(*chunk)) {
        let ends = !word & 0x8080_8080_8080_8080;
        if ends != 0 {
            // up to the first byte that ends it; then the groups of seven bits close up, two, four and eight at a time
            let bits = ends.trailing_zeros() + 1;
            let word = word & (u64::MAX >> (64 - bits));
            let word = word & 0x007f_007f_007f_007f | (word & 0x7f00_7f00_7f00_7f00) >> 1;
            let word = word & 0x0000_3fff_0000_3fff | (word & 0x3fff_0000_3fff_0000) >> 2;
            let word = word & 0x0000_0000_0fff_ffff | (word & 0x0fff_ffff_0000_0000) >> 4;
            return Ok((word, &bytes[bits as usize / 8..]));
        }
    }
    let mut number = 0u64;
    for (at, &byte) in bytes.iter().take(10).enumerate() {
        let bits = u64::from(byte & 0x7f);
        if at == 9 && bits > 1 {
            break;
        }
        number |= bits << (7 * at);
        if byte < 0x80 {
            return Ok((number, &bytes[at + 1..]));
        }
    }
    Err(Damaged(if bytes.len() < 10 { "it ends too early" } else { "a number is too long" }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<(u64, usize), Damaged> {
        let mut from = Reader::new(bytes);
        Ok((from.varint()?, from.0.len()))
    }

    #[test]
    fn varints_of_every_length_come_back_and_leave_what_follows() {
        let edges = (0..64).flat_map(|bit| [1u64 << bit, (1u64 << bit) - 1]).chain([u64::MAX]);
        for number in edges {
            let mut bytes = Vec::new();
            put_varint(&mut bytes, number);
            for cut in 0..bytes.len() {
                assert_eq!(read(&bytes[..cut]), Err(Damaged("it ends too early")), "{number}");
            }
            for follow in 0..12 {
                assert_eq!(read(&bytes), Ok((number, follow)));
                bytes.push(0xff);
            }
        }
    }

    #[test]
    fn varints_above_64_bits_are_refused() {
        let [mut large, long] = [[0xff; 10], [0x80; 10]];
        large[9] = 2;
        assert_eq!(read(&large), Err(Damaged("a number is too long")));
        assert_eq!(read(&long), Err(Damaged("a number is too long")));
    }
}
