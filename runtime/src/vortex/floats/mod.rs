//! Sequences of floats, bit for bit: signs of zero and the bits of NaN included.
//!
//! ```text
//! alp   = exponent u8 · factor u8 · exceptions varint · gaps, numbers · bits of the exceptions, numbers
//!       · numbers, n of them; a value is number · 10^factor · 10^−exponent
//! split = low bits u8 · upper parts, numbers · lower parts, numbers
//! bits  = the bits of each value as a number
//! pco   = length varint · what pco wrote
//! ```
//! Source of the first two: Afroozeh, Kuffo, Boncz, "ALP: Adaptive Lossless floating-Point Compression", 2023.

mod alp;
mod float;
mod split;

use crate::bytes::Reader;

#[cfg(feature = "compact")]
use super::kept::Kept;
use super::{
    bits::VECTOR,
    choice::{Candidates, Context},
    encoding::Encoding,
    error::{Outcome, VrtxError},
    ints::{self, Ints},
};

pub(crate) use float::Float;

/// An encoded sequence of floats.
#[derive(Debug)]
pub(crate) struct Floats<'a> {
    len: usize,
    node: Node<'a>,
}

#[derive(Debug)]
enum Node<'a> {
    Alp(alp::Alp<'a>),
    Split(split::Split<'a>),
    Bits(Ints<'a>),
    #[cfg(feature = "compact")]
    Pco(ints::pco::Stream<'a>, Kept<Vec<i64>>),
}

impl<'a> Floats<'a> {
    pub(crate) fn parse_body<F: Float>(
        encoding: Encoding,
        from: &mut Reader<'a>,
        len: usize,
        depth: usize,
    ) -> Outcome<Self> {
        let node = match encoding {
            Encoding::Alp => Node::Alp(alp::Alp::parse::<F>(from, len, depth)?),
            Encoding::Split => Node::Split(split::Split::parse::<F>(from, len, depth)?),
            Encoding::Bits => Node::Bits(Ints::parse(from, len, depth + 1)?),
            #[cfg(feature = "compact")]
            Encoding::Pco => Node::Pco(ints::pco::Stream::parse(from)?, Kept::new()),
            #[cfg(not(feature = "compact"))]
            Encoding::Pco => return Err(VrtxError::Unsupported("pco needs the feature `compact`")),
            _ => return Err(VrtxError::Damaged("an encoding is not one of floats")),
        };
        Ok(Self { len, node })
    }

    pub(crate) fn encoding(&self) -> Encoding {
        match self.node {
            Node::Alp(_) => Encoding::Alp,
            Node::Split(_) => Encoding::Split,
            Node::Bits(_) => Encoding::Bits,
            #[cfg(feature = "compact")]
            Node::Pco(..) => Encoding::Pco,
        }
    }

    pub(crate) fn children(&self) -> Vec<(&'static str, &Ints<'a>)> {
        match &self.node {
            Node::Alp(alp) => alp.children(),
            Node::Split(split) => split.children(),
            Node::Bits(bits) => vec![("bits", bits)],
            #[cfg(feature = "compact")]
            Node::Pco(..) => Vec::new(),
        }
    }

    /// The bytes of memory that it takes beside what it was parsed from.
    pub(crate) fn memory(&self) -> usize {
        let own = match &self.node {
            Node::Alp(alp) => alp.memory(),
            Node::Split(_) | Node::Bits(_) => 0,
            #[cfg(feature = "compact")]
            Node::Pco(_, kept) => kept.memory(|all| size_of_val(&**all)),
        };
        own + self.children().into_iter().map(|(_, child)| child.memory()).sum::<usize>()
    }

    /// Reads from `start`, the beginning of a vector, as many values as `out` holds.
    pub(crate) fn read<F: Float>(&self, start: usize, out: &mut [F]) -> Outcome<()> {
        debug_assert!(start.is_multiple_of(VECTOR) && start + out.len() <= self.len);
        match &self.node {
            Node::Alp(alp) => alp.read(self.len, start, out),
            Node::Split(split) => split.read(start, out),
            Node::Bits(bits) => {
                let mut numbers = vec![0i64; out.len()];
                bits.read(start, &mut numbers)?;
                out.iter_mut().zip(numbers).for_each(|(out, bits)| *out = F::from_bits(bits));
                Ok(())
            }
            #[cfg(feature = "compact")]
            Node::Pco(stream, kept) => {
                let all = kept.get(|| Ok(stream.all::<F>(self.len)?.into_iter().map(F::bits).collect()))?;
                out.iter_mut().zip(&all[start..]).for_each(|(out, &bits)| *out = F::from_bits(bits));
                Ok(())
            }
        }
    }
}

/// The sequence as a node.
pub(crate) fn encode<F: Float>(values: &[F], context: Context) -> Vec<u8> {
    let bits: Vec<i64> = values.iter().map(|value| value.bits()).collect();
    let mut candidates = Candidates::new(context).rough();
    let whole = values.len() * F::BITS / 8;
    let plan = alp::Plan::of(values);
    // the statistics of the bits are those of numbers, so they are not estimated here but tried
    candidates.add(Encoding::Bits, plan.size.min(whole), || {
        let mut node = vec![Encoding::Bits as u8];
        node.extend(ints::encode(&bits, context.nested()));
        node
    });
    if context.considers(Encoding::Alp, plan.size < whole) {
        candidates.add(Encoding::Alp, plan.size, || alp::encode(values, &plan, context));
    }
    if context.considers(Encoding::Split, plan.size > whole * 3 / 4) {
        let (low, size) = split::low_bits(&bits, F::BITS);
        let bits = &bits;
        candidates.add(Encoding::Split, size, move || split::encode(bits, low, context));
    }
    #[cfg(feature = "compact")]
    candidates.compact(Encoding::Pco, || ints::pco::put_stream(values, vec![Encoding::Pco as u8]));
    candidates.best()
}
