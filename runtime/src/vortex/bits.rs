//! Numbers of few bits, packed: the innermost loops of the format.
//!
//! A full vector of 1,024 numbers is packed in lanes, so that the compiler can work on many numbers at once: up to 32
//! bits wide in 32 lanes of `u32` words, above it in 16 lanes of `u64` words. Number `i` is in lane `i mod lanes`, and
//! each lane is a stream of bits, the lowest first; word `w` of all lanes is followed by word `w + 1` of all lanes.
//! Fewer numbers are one stream of bits. The idea of lanes is that of Afroozeh and Boncz, "The `FastLanes` Compression
//! Layout", 2023, with another order.

use crate::bytes::{Damaged, Reader};

/// The numbers of a vector.
pub(crate) const VECTOR: usize = 1024;

/// How many bits `number` needs.
pub(crate) fn width_of(number: u64) -> usize {
    64 - number.leading_zeros() as usize
}

/// The bytes that `count` numbers of `width` bits take.
pub(crate) fn packed_size(count: usize, width: usize) -> usize {
    (count * width).div_ceil(8)
}

/// A number below 2^`width`.
fn mask(width: usize) -> u64 {
    if width == 0 { 0 } else { u64::MAX >> (64 - width) }
}

macro_rules! lanes {
    ($word:ty, $lanes:expr, $pack:ident, $unpack:ident) => {
        /// Packs a full vector; numbers must be below 2^`width`.
        fn $pack(numbers: &[u64; VECTOR], width: usize, to: &mut Vec<u8>) {
            const BITS: usize = <$word>::BITS as usize;
            let mut words = [0 as $word; VECTOR];
            for (row, numbers) in numbers.as_chunks::<$lanes>().0.iter().enumerate() {
                let (word, shift) = (row * width / BITS, row * width % BITS);
                for lane in 0..$lanes {
                    let number = numbers[lane] as $word;
                    words[word * $lanes + lane] |= number << shift;
                    if shift + width > BITS {
                        words[(word + 1) * $lanes + lane] |= number >> (BITS - shift);
                    }
                }
            }
            to.reserve(width * $lanes * BITS / 8);
            words[..width * $lanes].iter().for_each(|word| to.extend_from_slice(&word.to_le_bytes()));
        }

        /// Unpacks a full vector from exactly its bytes.
        fn $unpack(bytes: &[u8], width: usize, out: &mut [$word; VECTOR]) {
            const BITS: usize = <$word>::BITS as usize;
            let words = bytes.as_chunks::<{ BITS / 8 }>().0;
            let mask = mask(width) as $word;
            for (row, out) in out.as_chunks_mut::<$lanes>().0.iter_mut().enumerate() {
                let (word, shift) = (row * width / BITS, row * width % BITS);
                let low: &[_; $lanes] = lane_words(words, word * $lanes);
                if shift + width <= BITS {
                    for lane in 0..$lanes {
                        out[lane] = (<$word>::from_le_bytes(low[lane]) >> shift) & mask;
                    }
                } else {
                    let high: &[_; $lanes] = lane_words(words, (word + 1) * $lanes);
                    for lane in 0..$lanes {
                        let low = <$word>::from_le_bytes(low[lane]) >> shift;
                        let high = <$word>::from_le_bytes(high[lane]) << (BITS - shift);
                        out[lane] = (low | high) & mask;
                    }
                }
            }
        }
    };
}

lanes!(u32, 32, pack_narrow, unpack_narrow);
lanes!(u64, 16, pack_wide, unpack_wide);

/// The words of all lanes from `at` on; zeros where a vector of width 0 has none.
fn lane_words<const BYTES: usize, const LANES: usize>(
    words: &[[u8; BYTES]],
    at: usize,
) -> &[[u8; BYTES]; LANES] {
    words.get(at..).and_then(|words| words.first_chunk()).unwrap_or(&[[0; BYTES]; LANES])
}

/// Appends `numbers`, at most [`VECTOR`], each below 2^`width`.
pub(crate) fn pack(numbers: &[u64], width: usize, to: &mut Vec<u8>) {
    match <&[u64; VECTOR]>::try_from(numbers) {
        Ok(full) if width <= 32 => pack_narrow(full, width, to),
        Ok(full) => pack_wide(full, width, to),
        Err(_) => pack_stream(numbers, width, to),
    }
}

/// Appends any count of numbers as one stream of bits.
pub(crate) fn pack_stream(numbers: &[u64], width: usize, to: &mut Vec<u8>) {
    let (mut pending, mut filled) = (0u128, 0);
    for &number in numbers {
        pending |= u128::from(number) << filled;
        filled += width;
        while filled >= 8 {
            to.push(pending as u8);
            pending >>= 8;
            filled -= 8;
        }
    }
    if filled > 0 {
        to.push(pending as u8);
    }
}

/// Number `at` of a stream of bits, or 0 where the stream has ended.
#[inline]
pub(crate) fn stream_number(bytes: &[u8], width: usize, at: usize) -> u64 {
    let (byte, shift) = (at * width / 8, at * width % 8);
    let rest = bytes.get(byte..).unwrap_or_default();
    if width <= 57
        && let Some(window) = rest.first_chunk::<8>()
    {
        return u64::from_le_bytes(*window) >> shift & mask(width);
    }
    let window = if let Some(window) = rest.first_chunk::<16>() {
        u128::from_le_bytes(*window)
    } else {
        let mut window = [0; 16];
        window[..rest.len()].copy_from_slice(rest);
        u128::from_le_bytes(window)
    };
    (window >> shift) as u64 & mask(width)
}

/// Unpacks a stream of bits into every place of `out`.
fn unpack_stream(bytes: &[u8], width: usize, out: &mut [u64]) {
    for (at, out) in out.iter_mut().enumerate() {
        *out = stream_number(bytes, width, at);
    }
}

/// Takes `count` numbers, at most [`VECTOR`], of `width` bits from `from`.
pub(crate) fn take<'a>(from: &mut Reader<'a>, count: usize, width: usize) -> Result<&'a [u8], Damaged> {
    from.take(packed_size(count, width))
}

/// A vector after unpacking: in the narrowest words that were enough.
#[derive(Debug)]
pub(crate) enum Unpacked<'a> {
    /// Up to 32 bits.
    Narrow(&'a [u32]),
    /// More.
    Wide(&'a [u64]),
}

/// Where a vector is unpacked.
#[derive(Debug)]
pub(crate) struct Scratch {
    narrow: [u32; VECTOR],
    /// Empty until it is needed, which is seldom.
    wide: Vec<u64>,
}

impl Scratch {
    pub(crate) fn new() -> Self {
        Self { narrow: [0; VECTOR], wide: Vec::new() }
    }

    /// Unpacks `count` numbers, at most [`VECTOR`], from the bytes that [`take`] gave.
    pub(crate) fn unpack(&mut self, bytes: &[u8], count: usize, width: usize) -> Unpacked<'_> {
        let full = count == VECTOR;
        if width <= 32 {
            if full {
                unpack_narrow(bytes, width, &mut self.narrow);
            } else {
                for (at, out) in self.narrow[..count].iter_mut().enumerate() {
                    *out = stream_number(bytes, width, at) as u32;
                }
            }
            Unpacked::Narrow(&self.narrow[..count])
        } else {
            self.wide.resize(VECTOR, 0);
            match self.wide.first_chunk_mut() {
                Some(wide) if full => unpack_wide(bytes, width, wide),
                _ => unpack_stream(bytes, width, &mut self.wide[..count]),
            }
            Unpacked::Wide(&self.wide[..count])
        }
    }
}
