//! Floats without a pattern: the upper bits, which are few different ones, apart from the lower.

use crate::{
    bytes::Reader,
    vortex::{
        bits::width_of,
        choice::Context,
        encoding::Encoding,
        error::{Outcome, VrtxError},
        ints::{self, Ints},
    },
};

use super::Float;

/// How many values the split is tried with.
const SAMPLE: usize = 512;

/// The most bits of the upper part.
const UPPER: usize = 16;

/// How many lower bits make the least of a sequence, and about how many bytes that is: by a sample.
pub(super) fn low_bits(bits: &[i64], width: usize) -> (usize, usize) {
    let step = (bits.len() / SAMPLE).max(1);
    let mut sample: Vec<u64> = bits.iter().step_by(step).map(|bits| bits.cast_unsigned()).collect();
    sample.sort_unstable();
    let size = |low: usize| {
        let distinct = 1 + sample.windows(2).filter(|pair| pair[0] >> low != pair[1] >> low).count();
        low * sample.len() + width_of(distinct as u64 - 1) * sample.len() + distinct * UPPER
    };
    let low = (width - UPPER..width).min_by_key(|&low| (size(low), low)).unwrap_or(width - UPPER);
    (low, size(low) * bits.len() / sample.len().max(1) / 8)
}

pub(super) fn encode(bits: &[i64], low: usize, context: Context) -> Vec<u8> {
    let mask = ((1u64 << low) - 1).cast_signed();
    let upper: Vec<i64> = bits.iter().map(|bits| (bits.cast_unsigned() >> low).cast_signed()).collect();
    let lower: Vec<i64> = bits.iter().map(|bits| bits & mask).collect();
    let mut node = vec![Encoding::Split as u8, low as u8];
    node.extend(ints::encode(&upper, context.nested()));
    node.extend(ints::encode(&lower, context.nested()));
    node
}

/// An encoded sequence.
#[derive(Debug)]
pub(super) struct Split<'a> {
    low: usize,
    upper: Ints<'a>,
    lower: Ints<'a>,
}

impl<'a> Split<'a> {
    pub(super) fn parse<F: Float>(from: &mut Reader<'a>, len: usize, depth: usize) -> Outcome<Self> {
        let low = usize::from(from.byte()?);
        if low >= F::BITS {
            return Err(VrtxError::Damaged("a float has more lower bits than it has bits"));
        }
        Ok(Self { low, upper: Ints::parse(from, len, depth + 1)?, lower: Ints::parse(from, len, depth + 1)? })
    }

    pub(super) fn children(&self) -> Vec<(&'static str, &Ints<'a>)> {
        vec![("upper", &self.upper), ("lower", &self.lower)]
    }

    pub(super) fn read<F: Float>(&self, start: usize, out: &mut [F]) -> Outcome<()> {
        let (mut upper, mut lower) = (vec![0i64; out.len()], vec![0i64; out.len()]);
        self.upper.read(start, &mut upper)?;
        self.lower.read(start, &mut lower)?;
        for ((out, upper), lower) in out.iter_mut().zip(upper).zip(lower) {
            *out = F::from_bits(upper << self.low | lower);
        }
        Ok(())
    }
}
