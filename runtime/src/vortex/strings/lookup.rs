//! The decoded values of a dictionary, in a form that is fast to copy from.

use crate::vortex::{
    bits::VECTOR,
    ints::{Ints, UNKNOWN_CODE},
};

use super::{Outcome, Strings};

/// Distinct values by their codes.
#[derive(Debug)]
pub(super) struct Lookup {
    values: Strings,
    longest: usize,
    /// Whether every value is as long as the longest.
    even: bool,
    /// Whether every value is UTF-8.
    utf8: bool,
    blocks: Blocks,
}

/// The values as blocks of one size, each with its length, where none is longer. A block is copied as a whole, which is
/// faster than to copy as many bytes as the value has; the next value overwrites what is too much.
#[derive(Debug)]
enum Blocks {
    Eight(Vec<([u8; 8], u32)>),
    Sixteen(Vec<([u8; 16], u32)>),
    ThirtyTwo(Vec<([u8; 32], u32)>),
    No,
}

impl Lookup {
    pub(super) fn new(values: Strings) -> Self {
        let longest = values.iter().map(<[u8]>::len).max().unwrap_or(0);
        let blocks = match longest {
            0..=8 => Blocks::Eight(blocks(&values)),
            9..=16 => Blocks::Sixteen(blocks(&values)),
            17..=32 => Blocks::ThirtyTwo(blocks(&values)),
            _ => Blocks::No,
        };
        let even = values.iter().all(|value| value.len() == longest);
        let utf8 = values.are_utf8();
        Self { values, longest, even, utf8, blocks }
    }

    /// The bytes of memory that it takes.
    pub(super) fn memory(&self) -> usize {
        let blocks = match &self.blocks {
            Blocks::Eight(blocks) => size_of_val(&**blocks),
            Blocks::Sixteen(blocks) => size_of_val(&**blocks),
            Blocks::ThirtyTwo(blocks) => size_of_val(&**blocks),
            Blocks::No => 0,
        };
        blocks + self.values.bytes().len() + self.values.len() * size_of::<i32>()
    }

    /// Whether every value is UTF-8.
    pub(super) fn is_utf8(&self) -> bool {
        self.utf8
    }

    /// Adds the values that `count` codes from `start` on stand for.
    pub(super) fn read(
        &self,
        codes: &Ints<'_>,
        start: usize,
        count: usize,
        out: &mut Strings,
    ) -> Outcome<()> {
        match &self.blocks {
            Blocks::Eight(blocks) => self.copy(blocks, codes, (start, count), out),
            Blocks::Sixteen(blocks) => self.copy(blocks, codes, (start, count), out),
            Blocks::ThirtyTwo(blocks) => self.copy(blocks, codes, (start, count), out),
            Blocks::No => each_vector(codes, start, count, |places| {
                places.iter().try_for_each(|&place| {
                    let place = place as usize;
                    if place < self.values.len() {
                        out.push(self.values.get(place))
                    } else {
                        Err(UNKNOWN_CODE)
                    }
                })
            }),
        }
    }

    fn copy<const BLOCK: usize>(
        &self,
        blocks: &[([u8; BLOCK], u32)],
        codes: &Ints<'_>,
        (start, count): (usize, usize),
        out: &mut Strings,
    ) -> Outcome<()> {
        out.append(count * self.longest + BLOCK, |bytes, offsets, mut at| {
            offsets.reserve(count);
            each_vector(codes, start, count, |places| {
                if places.iter().any(|&place| place as usize >= blocks.len()) {
                    return Err(UNKNOWN_CODE);
                }
                if self.even {
                    offsets.extend((1..=places.len()).map(|count| (at + count * self.longest) as i32));
                    at = copy_even(blocks, places, self.longest, bytes, at);
                } else {
                    offsets.extend(places.iter().map(|&place| {
                        let (block, length) = &blocks[place as usize];
                        bytes[at..at + BLOCK].copy_from_slice(block);
                        at += *length as usize;
                        at as i32
                    }));
                }
                Ok(())
            })?;
            Ok(at)
        })
    }
}

/// Copies values of one length; gives where they end.
fn copy_even<const BLOCK: usize>(
    blocks: &[([u8; BLOCK], u32)],
    places: &[u32],
    length: usize,
    bytes: &mut [u8],
    at: usize,
) -> usize {
    let end = at + places.len() * length;
    if length == 1 {
        for (byte, &place) in bytes[at..end].iter_mut().zip(places) {
            *byte = blocks[place as usize].0[0];
        }
    } else {
        for (count, &place) in places.iter().enumerate() {
            let at = at + count * length;
            bytes[at..at + BLOCK].copy_from_slice(&blocks[place as usize].0);
        }
    }
    end
}

fn blocks<const BLOCK: usize>(values: &Strings) -> Vec<([u8; BLOCK], u32)> {
    let block = |value: &[u8]| {
        let mut block = [0; BLOCK];
        block[..value.len()].copy_from_slice(value);
        (block, value.len() as u32)
    };
    values.iter().map(block).collect()
}

/// Calls `each` with the codes of a range, a vector at a time.
fn each_vector(
    codes: &Ints<'_>,
    start: usize,
    count: usize,
    mut each: impl FnMut(&[u32]) -> Outcome<()>,
) -> Outcome<()> {
    let mut places = [0u32; VECTOR];
    for first in (start..start + count).step_by(VECTOR) {
        let places = &mut places[..VECTOR.min(start + count - first)];
        codes.read(first, places)?;
        each(places)?;
    }
    Ok(())
}
