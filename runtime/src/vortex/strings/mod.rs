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
mod zstd;

use crate::bytes::Reader;

use super::{
    bits::VECTOR,
    encoding::Encoding,
    error::{Outcome, VrtxError},
    ints::{Ints, UNKNOWN_CODE, count},
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
    Plain { lengths: Ints<'a>, bytes: &'a [u8] },
    Fsst { lengths: Ints<'a>, coded: Box<fsst::Coded<'a>> },
    Dictionary { values: Box<Texts<'a>>, codes: Ints<'a> },
    Prefix { shared: Ints<'a>, suffixes: Box<Texts<'a>> },
    Zstd { lengths: Ints<'a>, frame: zstd::Frame<'a> },
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
            Encoding::Plain => Node::Plain { lengths: numbers(from)?, bytes: from.prefixed()? },
            Encoding::Fsst => Node::Fsst {
                lengths: numbers(from)?,
                coded: Box::new(fsst::Coded::parse(from, len, depth)?),
            },
            Encoding::Dictionary => {
                let size = count(from, len)?;
                let values = Box::new(Self::parse(from, size, depth + 1)?);
                Node::Dictionary { values, codes: numbers(from)? }
            }
            Encoding::Prefix => {
                let shared = numbers(from)?;
                Node::Prefix { shared, suffixes: Box::new(Self::parse(from, len, depth + 1)?) }
            }
            Encoding::Zstd => Node::Zstd { lengths: numbers(from)?, frame: zstd::Frame::parse(from)? },
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
            Node::Dictionary { values, codes } => Some((values, codes)),
            _ => None,
        }
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
            Node::Plain { lengths, bytes } => read_slice(lengths, bytes, start, count, out),
            Node::Fsst { lengths, coded } => coded.read(lengths, start, count, out),
            Node::Dictionary { values, codes } => read_dictionary(values, codes, start, count, out),
            Node::Prefix { shared, suffixes } => read_prefix(shared, suffixes, start, count, out),
            Node::Zstd { lengths, frame } => read_slice(lengths, &frame.decompress()?, start, count, out),
        }
    }
}

/// Appends a part of strings that stand one after the other.
fn read_slice(
    lengths: &Ints<'_>,
    bytes: &[u8],
    start: usize,
    count: usize,
    out: &mut Strings,
) -> Outcome<()> {
    let lengths: Vec<u32> = lengths.all()?;
    let total = |lengths: &[u32]| lengths.iter().map(|&length| u64::from(length)).sum::<u64>();
    if total(&lengths) != bytes.len() as u64 {
        return Err(WRONG_LENGTHS);
    }
    let skipped = total(&lengths[..start]) as usize;
    let wanted = &lengths[start..start + count];
    out.extend(wanted, &bytes[skipped..skipped + total(wanted) as usize])
}

fn read_dictionary(
    values: &Texts<'_>,
    codes: &Ints<'_>,
    start: usize,
    count: usize,
    out: &mut Strings,
) -> Outcome<()> {
    let values = values.all()?;
    let mut places = vec![0u32; count];
    codes.read(start, &mut places)?;
    out.gather(&values, &places).ok_or(UNKNOWN_CODE)?
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
