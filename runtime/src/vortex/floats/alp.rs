//! Floats that are decimal numbers: a whole number each, one power of ten for all, and the exceptions.

use crate::{
    bytes::Reader,
    vortex::{
        bits::width_of,
        choice::Context,
        encoding::Encoding,
        error::{Outcome, VrtxError},
        ints::{self, Ints, count, positions, put_count},
        kept::Kept,
    },
};

use super::Float;

/// How many values the powers of ten are tried with.
const SAMPLE: usize = 64;

/// The powers of ten that suit a sequence best.
pub(super) struct Plan {
    exponent: usize,
    factor: usize,
    /// About how many bytes the sequence takes so.
    pub(super) size: usize,
}

impl Plan {
    pub(super) fn of<F: Float>(values: &[F]) -> Self {
        let step = (values.len() / SAMPLE).max(1);
        let sample: Vec<F> = values.iter().copied().step_by(step).collect();
        let mut best = Self { exponent: 0, factor: 0, size: usize::MAX };
        for exponent in 0..=F::EXPONENTS {
            for factor in 0..=exponent {
                let size = sample_size(&sample, exponent, factor, best.size);
                if size < best.size {
                    best = Self { exponent, factor, size };
                }
            }
        }
        best.size = best.size.saturating_mul(values.len()) / sample.len().max(1) / 8;
        best
    }
}

/// The bits that the sample takes, or any number from `enough` on.
fn sample_size<F: Float>(sample: &[F], exponent: usize, factor: usize, enough: usize) -> usize {
    let (mut least, mut greatest, mut exceptions) = (i64::MAX, i64::MIN, 0);
    for &value in sample {
        match number(value, exponent, factor) {
            Some(number) => {
                least = least.min(number);
                greatest = greatest.max(number);
            }
            None => exceptions += F::BITS + 16,
        }
        if exceptions >= enough {
            return enough;
        }
    }
    let span = if least > greatest { 0 } else { greatest.wrapping_sub(least).cast_unsigned() };
    exceptions + sample.len() * width_of(span)
}

/// The whole number that gives back `value` bit for bit, if there is one.
fn number<F: Float>(value: F, exponent: usize, factor: usize) -> Option<i64> {
    let number = value.to_number(exponent, factor);
    (F::from_number(number, exponent, factor).bits() == value.bits()).then_some(number)
}

pub(super) fn encode<F: Float>(values: &[F], plan: &Plan, context: Context) -> Vec<u8> {
    let (mut numbers, mut gaps, mut exceptions) = (Vec::with_capacity(values.len()), Vec::new(), Vec::new());
    let mut next = 0;
    let first = values.iter().find_map(|&value| number(value, plan.exponent, plan.factor));
    let mut last = first.unwrap_or(0);
    for (at, &value) in values.iter().enumerate() {
        if let Some(number) = number(value, plan.exponent, plan.factor) {
            last = number;
        } else {
            gaps.push((at - next) as i64);
            exceptions.push(value.bits());
            next = at + 1;
        }
        numbers.push(last);
    }
    let mut node = vec![Encoding::Alp as u8, plan.exponent as u8, plan.factor as u8];
    put_count(&mut node, exceptions.len());
    node.extend(ints::encode(&gaps, context.nested()));
    node.extend(ints::encode(&exceptions, context.nested()));
    node.extend(ints::encode(&numbers, context.nested()));
    node
}

/// An encoded sequence.
#[derive(Debug)]
pub(super) struct Alp<'a> {
    exponent: usize,
    factor: usize,
    gaps: Ints<'a>,
    exceptions: Ints<'a>,
    kept: Kept<Vec<(usize, i64)>>,
    numbers: Ints<'a>,
}

impl<'a> Alp<'a> {
    pub(super) fn parse<F: Float>(from: &mut Reader<'a>, len: usize, depth: usize) -> Outcome<Self> {
        let (exponent, factor) = (usize::from(from.byte()?), usize::from(from.byte()?));
        if exponent > F::EXPONENTS || factor > exponent {
            return Err(VrtxError::Damaged("a power of ten is too great"));
        }
        let count = count(from, len)?;
        let gaps = Ints::parse(from, count, depth + 1)?;
        let exceptions = Ints::parse(from, count, depth + 1)?;
        let numbers = Ints::parse(from, len, depth + 1)?;
        Ok(Self { exponent, factor, gaps, exceptions, numbers, kept: Kept::new() })
    }

    /// The bytes of memory that it takes beside its children.
    pub(super) fn memory(&self) -> usize {
        self.kept.memory(|exceptions| size_of_val(&**exceptions))
    }

    pub(super) fn children(&self) -> Vec<(&'static str, &Ints<'a>)> {
        vec![("gaps", &self.gaps), ("exceptions", &self.exceptions), ("numbers", &self.numbers)]
    }

    pub(super) fn read<F: Float>(&self, len: usize, start: usize, out: &mut [F]) -> Outcome<()> {
        let mut numbers = vec![0i64; out.len()];
        self.numbers.read(start, &mut numbers)?;
        for (out, number) in out.iter_mut().zip(numbers) {
            *out = F::from_number(number, self.exponent, self.factor);
        }
        let all = || Ok(positions(&self.gaps, len)?.into_iter().zip(self.exceptions.all()?).collect());
        let exceptions = self.kept.get(all)?;
        let first = exceptions.partition_point(|(position, _)| *position < start);
        for (position, bits) in &exceptions[first..] {
            match out.get_mut(position - start) {
                Some(out) => *out = F::from_bits(*bits),
                None => break,
            }
        }
        Ok(())
    }
}
