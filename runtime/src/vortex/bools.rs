//! Sequences of booleans: the values of a boolean column, and which values of a nullable one are there.
//!
//! ```text
//! constant = u8, 0 or 1
//! bitmap   = ceil(n / 8) bytes, the lowest bit first
//! sparse   = u8, the bit that most have · exceptions varint · gaps, a node of numbers
//! run-end  = u8, the first bit · runs varint · lengths − 1, a node of numbers
//! ```

use crate::bytes::Reader;

use super::{
    bitmap::Bitmap,
    choice::{Candidates, Context},
    encoding::Encoding,
    error::{Outcome, VrtxError},
    ints::{self, Ints, count, each_run, positions, put_count},
    kept::Kept,
};

/// An encoded sequence of booleans.
#[derive(Debug)]
pub(crate) struct Bools<'a> {
    len: usize,
    node: Node<'a>,
    kept: Kept<Bitmap>,
}

#[derive(Debug)]
enum Node<'a> {
    Constant(bool),
    Bitmap(&'a [u8]),
    Sparse { fill: bool, gaps: Ints<'a> },
    RunEnd { first: bool, lengths: Ints<'a> },
}

impl<'a> Bools<'a> {
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
        let node = match encoding {
            Encoding::Constant => Node::Constant(bit(from)?),
            Encoding::Bitmap => Node::Bitmap(from.take(len.div_ceil(8))?),
            Encoding::Sparse => {
                let fill = bit(from)?;
                let exceptions = count(from, len)?;
                Node::Sparse { fill, gaps: Ints::parse(from, exceptions, depth + 1)? }
            }
            Encoding::RunEnd => {
                let first = bit(from)?;
                let runs = count(from, len)?;
                Node::RunEnd { first, lengths: Ints::parse(from, runs, depth + 1)? }
            }
            _ => return Err(VrtxError::Damaged("an encoding is not one of booleans")),
        };
        Ok(Self { len, node, kept: Kept::new() })
    }

    pub(crate) fn encoding(&self) -> Encoding {
        match self.node {
            Node::Constant(_) => Encoding::Constant,
            Node::Bitmap(_) => Encoding::Bitmap,
            Node::Sparse { .. } => Encoding::Sparse,
            Node::RunEnd { .. } => Encoding::RunEnd,
        }
    }

    pub(crate) fn children(&self) -> Vec<(&'static str, &Ints<'a>)> {
        match &self.node {
            Node::Sparse { gaps, .. } => vec![("gaps", gaps)],
            Node::RunEnd { lengths, .. } => vec![("lengths", lengths)],
            _ => Vec::new(),
        }
    }

    /// The bytes of memory that it takes beside what it was parsed from.
    pub(crate) fn memory(&self) -> usize {
        let own = self.kept.memory(|bits| size_of_val(bits.words()));
        own + self.children().into_iter().map(|(_, child)| child.memory()).sum::<usize>()
    }

    /// All bits, which are kept.
    pub(crate) fn bits(&self) -> Outcome<&Bitmap> {
        self.kept.get(|| self.read())
    }

    /// All bits.
    pub(crate) fn read(&self) -> Outcome<Bitmap> {
        Ok(match &self.node {
            Node::Constant(value) => Bitmap::filled(self.len, *value),
            Node::Bitmap(bytes) => Bitmap::from_bytes(bytes, self.len),
            Node::Sparse { fill, gaps } => {
                let mut bits = Bitmap::filled(self.len, *fill);
                positions(gaps, self.len)?.into_iter().for_each(|at| bits.set(at, !fill));
                bits
            }
            Node::RunEnd { first, lengths } => {
                let mut bits = Bitmap::filled(self.len, false);
                each_run(lengths, self.len, 0..self.len, |run, range| {
                    if run.is_multiple_of(2) == *first {
                        bits.set_range(range);
                    }
                })?;
                bits
            }
        })
    }
}

fn bit(from: &mut Reader<'_>) -> Outcome<bool> {
    match from.byte()? {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(VrtxError::Damaged("a boolean is neither 0 nor 1")),
    }
}

/// The sequence as a node.
pub(crate) fn encode(bits: &Bitmap, context: Context) -> Vec<u8> {
    let (len, ones) = (bits.len(), bits.count());
    if ones == 0 || ones == len {
        return vec![Encoding::Constant as u8, u8::from(ones > 0)];
    }
    let mut candidates = Candidates::new(context);
    candidates.add(Encoding::Bitmap, len.div_ceil(8), || {
        let mut node = vec![Encoding::Bitmap as u8];
        node.extend(bits.to_bytes());
        node
    });
    let exceptions = ones.min(len - ones);
    if context.considers(Encoding::Sparse, exceptions < len / 8) {
        let gap = 2 + (len / exceptions).ilog2() as usize;
        candidates.add(Encoding::Sparse, 8 + exceptions * gap / 8, || sparse(bits, ones > len / 2, context));
    }
    let runs = 1 + (1..len).filter(|&at| bits.get(at) != bits.get(at - 1)).count();
    if context.considers(Encoding::RunEnd, runs < len / 8) {
        let length = 2 + (len / runs).ilog2() as usize;
        candidates.add(Encoding::RunEnd, 8 + runs * length / 8, || run_end(bits, context));
    }
    candidates.best()
}

fn sparse(bits: &Bitmap, fill: bool, context: Context) -> Vec<u8> {
    let exceptions = if fill { bits.clone().not() } else { bits.clone() };
    let mut next = 0;
    let gaps: Vec<i64> = exceptions
        .ones()
        .map(|at| {
            let gap = at - next;
            next = at + 1;
            gap as i64
        })
        .collect();
    let mut node = vec![Encoding::Sparse as u8, u8::from(fill)];
    put_count(&mut node, gaps.len());
    node.extend(ints::encode(&gaps, context.nested()));
    node
}

fn run_end(bits: &Bitmap, context: Context) -> Vec<u8> {
    let all: Vec<bool> = bits.iter().collect();
    let lengths: Vec<i64> = all.chunk_by(|a, b| a == b).map(|run| run.len() as i64 - 1).collect();
    let mut node = vec![Encoding::RunEnd as u8, u8::from(bits.get(0))];
    put_count(&mut node, lengths.len());
    node.extend(ints::encode(&lengths, context.nested()));
    node
}
