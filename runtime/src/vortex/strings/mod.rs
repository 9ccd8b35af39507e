//! Sequences of texts and blobs.
//!
//! ```text
//! constant   = length varint · bytes
//! plain      = lengths, numbers · size varint · bytes
//! fsst       = lengths, numbers · symbols u8 · their lengths, a byte each · their bytes
//!            · sizes of the encoded vectors, numbers · the encoded vectors
//! dictionary = distinct varint · values, strings · codes, numbers
//! prefix     = shared, numbers · suffixes, strings; the first of a vector shares nothing
//! zstd       = lengths, numbers · size varint · compressed size varint · a zstd frame
//! ```

mod buffer;
mod choose;
mod distinct;
mod fsst;
mod lookup;
mod zstd;

use std::ops::Range;

use crate::bytes::Reader;

use lookup::Lookup;

use super::{
    bits::VECTOR,
    encoding::Encoding,
    error::{Outcome, VrtxError},
    ints::{Ints, count},
    kept::Kept,
};

pub use buffer::Strings;
pub(crate) use buffer::View;
pub(crate) use choose::encode;
pub(crate) use distinct::head;

/// The most bytes that the texts or blobs of one segment may have together.
pub const MAX_SEGMENT_BYTES: usize = 1 << 25;

const TOO_LARGE: VrtxError = VrtxError::Damaged("the values of a segment are too large together");
const WRONG_LENGTHS: VrtxError = VrtxError::Damaged("lengths do not add up to the bytes that are there");

/// An encoded sequence of strings.
#[derive(Debug)]
pub(crate) struct Texts<'a> {
    len: usize,
    node: Node<'a>,
}

#[derive(Debug)]
enum Node<'a> {
    Constant(&'a [u8]),
    Plain { lengths: Ints<'a>, bytes: &'a [u8], kept: Kept<Vec<u64>> },
    Fsst { lengths: Ints<'a>, coded: Box<fsst::Coded<'a>> },
    Dictionary { values: Box<Texts<'a>>, codes: Ints<'a>, kept: Kept<Lookup> },
    Prefix { shared: Ints<'a>, suffixes: Box<Texts<'a>> },
    Zstd { lengths: Ints<'a>, frame: zstd::Frame<'a>, kept: Kept<(Vec<u8>, Vec<u64>)> },
}

impl<'a> Texts<'a> {
    pub(crate) fn parse(from: &mut Reader<'a>, len: usize, depth: usize) -> Outcome<Self> {
        let encoding = Encoding::parse(from, depth)?;
        Self::parse_body(encoding, from, len, depth)
    }

    pub(crate) fn parse_body(
        encoding: Encoding,
        from: &mut Reader<'a>,
        len: usize,
        depth: usize,
    ) -> Outcome<Self> {
        let numbers = |from: &mut Reader<'a>| Ints::parse(from, len, depth + 1);
        let node = match encoding {
            Encoding::Constant => Node::Constant(from.prefixed()?),
            Encoding::Plain => {
                Node::Plain { lengths: numbers(from)?, bytes: from.prefixed()?, kept: Kept::new() }
            }
            Encoding::Fsst => {
                Node::Fsst { lengths: numbers(from)?, coded: Box::new(fsst::Coded::parse(from, len, depth)?) }
            }
            Encoding::Dictionary => {
                let size = count(from, len)?;
                let values = Box::new(Self::parse(from, size, depth + 1)?);
                Node::Dictionary { values, codes: numbers(from)?, kept: Kept::new() }
            }
            Encoding::Prefix => {
                let shared = numbers(from)?;
                Node::Prefix { shared, suffixes: Box::new(Self::parse(from, len, depth + 1)?) }
            }
            Encoding::Zstd => {
                Node::Zstd { lengths: numbers(from)?, frame: zstd::Frame::parse(from)?, kept: Kept::new() }
            }
            _ => return Err(VrtxError::Damaged("an encoding is not one of texts or blobs")),
        };
        Ok(Self { len, node })
    }

    pub(crate) fn encoding(&self) -> Encoding {
        match self.node {
            Node::Constant(_) => Encoding::Constant,
            Node::Plain { .. } => Encoding::Plain,
            Node::Fsst { .. } => Encoding::Fsst,
            Node::Dictionary { .. } => Encoding::Dictionary,
            Node::Prefix { .. } => Encoding::Prefix,
            Node::Zstd { .. } => Encoding::Zstd,
        }
    }

    /// The numbers that it is made of, by what they are for.
    pub(crate) fn numbers(&self) -> Option<(&'static str, &Ints<'a>)> {
        match &self.node {
            Node::Constant(_) => None,
            Node::Plain { lengths, .. } | Node::Fsst { lengths, .. } | Node::Zstd { lengths, .. } => {
                Some(("lengths", lengths))
            }
            Node::Dictionary { codes, .. } => Some(("codes", codes)),
            Node::Prefix { shared, .. } => Some(("shared", shared)),
        }
    }

    /// The strings that it is made of, by what they are for.
    pub(crate) fn inner(&self) -> Option<(&'static str, &Self)> {
        match &self.node {
            Node::Dictionary { values, .. } => Some(("values", values)),
            Node::Prefix { suffixes, .. } => Some(("suffixes", suffixes)),
            _ => None,
        }
    }

    /// The distinct values and the place of each, where it is a dictionary.
    pub(crate) fn dictionary(&self) -> Option<(&Self, &Ints<'a>)> {
        match &self.node {
            Node::Dictionary { values, codes, .. } => Some((values, codes)),
            _ => None,
        }
    }

    /// The bytes of memory that it takes beside what it was parsed from.
    pub(crate) fn memory(&self) -> usize {
        let own = match &self.node {
            Node::Plain { kept, .. } => kept.memory(|starts| size_of_val(&**starts)),
            Node::Fsst { coded, .. } => coded.memory(),
            Node::Dictionary { kept, .. } => kept.memory(Lookup::memory),
            Node::Zstd { kept, .. } => kept.memory(|(bytes, starts)| bytes.len() + size_of_val(&**starts)),
            Node::Constant(_) | Node::Prefix { .. } => 0,
        };
        let numbers = self.numbers().map_or(0, |(_, numbers)| numbers.memory());
        let inner = self.inner().map_or(0, |(_, texts)| texts.memory());
        size_of::<Self>() + own + numbers + inner
    }

    /// Whether every value is UTF-8 because the distinct ones are; none where the values themselves have to be looked at.
    pub(crate) fn is_utf8(&self) -> Option<bool> {
        match &self.node {
            Node::Dictionary { values, kept, .. } => {
                kept.get(|| values.all().map(Lookup::new)).ok().map(Lookup::is_utf8)
            }
            _ => None,
        }
    }

    /// How many values there are.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// All values.
    pub(crate) fn all(&self) -> Outcome<Strings> {
        let mut all = Strings::new();
        self.read(0, self.len, &mut all)?;
        Ok(all)
    }

    /// Appends `count` values from `start` on, the beginning of a vector.
    pub(crate) fn read(&self, start: usize, count: usize, out: &mut Strings) -> Outcome<()> {
        debug_assert!(start.is_multiple_of(VECTOR) && start + count <= self.len);
        match &self.node {
            Node::Constant(value) => out.repeat(value, count),
            Node::Plain { lengths, bytes, kept } => {
                let starts = kept.get(|| starts(lengths, bytes.len()))?;
                read_slice(lengths, starts, bytes, start..start + count, out)
            }
            Node::Fsst { lengths, coded } => coded.read(lengths, start, count, out),
            Node::Dictionary { values, codes, kept } => {
                kept.get(|| values.all().map(Lookup::new))?.read(codes, start, count, out)
            }
            Node::Prefix { shared, suffixes } => read_prefix(shared, suffixes, start, count, out),
            Node::Zstd { lengths, frame, kept } => {
                let (bytes, starts) = kept.get(|| {
                    let bytes = frame.decompress()?;
                    let starts = starts(lengths, bytes.len())?;
                    Ok((bytes, starts))
                })?;
                read_slice(lengths, starts, bytes, start..start + count, out)
            }
        }
    }
}

/// Where each vector begins in `size` bytes of strings that stand one after the other.
fn starts(lengths: &Ints<'_>, size: usize) -> Outcome<Vec<u64>> {
    let lengths: Vec<u32> = lengths.all()?;
    let mut end = 0;
    let starts = lengths.chunks(VECTOR).map(|vector| {
        let start = end;
        end += vector.iter().map(|&length| u64::from(length)).sum::<u64>();
        start
    });
    let starts = starts.collect();
    if end == size as u64 { Ok(starts) } else { Err(WRONG_LENGTHS) }
}

/// Appends a range of strings that stand one after the other.
fn read_slice(
    lengths: &Ints<'_>,
    starts: &[u64],
    bytes: &[u8],
    range: Range<usize>,
    out: &mut Strings,
) -> Outcome<()> {
    let mut wanted = vec![0u32; range.len()];
    lengths.read(range.start, &mut wanted)?;
    let size: u64 = wanted.iter().map(|&length| u64::from(length)).sum();
    let start = starts.get(range.start / VECTOR).copied().unwrap_or(0) as usize;
    let bytes = bytes.get(start..start + size as usize).ok_or(WRONG_LENGTHS)?;
    out.extend(&wanted, bytes)
}

fn read_prefix(
    shared: &Ints<'_>,
    suffixes: &Texts<'_>,
    start: usize,
    count: usize,
    out: &mut Strings,
) -> Outcome<()> {
    let mut lengths = vec![0u32; count];
    shared.read(start, &mut lengths)?;
    let mut rest = Strings::new();
    suffixes.read(start, count, &mut rest)?;
    for (at, &shared) in lengths.iter().enumerate() {
        if shared > 0 && at.is_multiple_of(VECTOR) {
            return Err(VrtxError::Damaged("the first value of a vector has nothing to share"));
        }
        out.push_sharing(shared as usize, rest.get(at))?;
    }
    Ok(())
}
