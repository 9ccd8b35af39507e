//! Sequences of whole numbers: what nearly every other encoding rests on.

mod choose;
mod distinct;
mod packed;
#[cfg(feature = "compact")]
pub(crate) mod pco;
mod test;

use std::ops::Range;

use crate::bytes::{Reader, put_varint};

use super::{
    bits::VECTOR,
    encoding::Encoding,
    error::{Outcome, VrtxError},
    kept::Kept,
};

pub(crate) use choose::encode;
pub(crate) use packed::Plans;
pub(crate) use test::Match;

/// A number of any kind: one that pco can compress, in builds that have it.
#[cfg(feature = "compact")]
pub(crate) trait Number: Copy + Default + ::pco::data_types::Number {}
#[cfg(feature = "compact")]
impl<N: Copy + Default + ::pco::data_types::Number> Number for N {}

/// A number of any kind.
#[cfg(not(feature = "compact"))]
pub(crate) trait Number: Copy + Default {}
#[cfg(not(feature = "compact"))]
impl<N: Copy + Default> Number for N {}

/// A type that numbers are read as: arithmetic wraps around, so that the low bits are right in each.
pub(crate) trait Integer: Copy + Default + Eq {
    /// The low bits of `number`.
    fn wrap(number: i64) -> Self;
    /// The sum, modulo the range of the type.
    fn plus(self, other: Self) -> Self;
    /// The product, modulo the range of the type.
    fn times(self, other: Self) -> Self;
}

macro_rules! integer {
    ($($type:ty),*) => {$(
        impl Integer for $type {
            #[inline]
            fn wrap(number: i64) -> Self {
                number as Self
            }

            #[inline]
            fn plus(self, other: Self) -> Self {
                self.wrapping_add(other)
            }

            #[inline]
            fn times(self, other: Self) -> Self {
                self.wrapping_mul(other)
            }
        }
    )*};
}

integer!(u32, i64);
#[cfg(feature = "arrow")]
integer!(i32);

/// The numbers of 64 bits, in more room: for the decimals of Arrow.
#[cfg(feature = "arrow")]
impl Integer for i128 {
    #[inline]
    fn wrap(number: i64) -> Self {
        number.into()
    }

    #[inline]
    fn plus(self, other: Self) -> Self {
        (self as i64).wrapping_add(other as i64).into()
    }

    #[inline]
    fn times(self, other: Self) -> Self {
        (self as i64).wrapping_mul(other as i64).into()
    }
}

/// An encoded sequence of numbers.
#[derive(Debug)]
pub(crate) struct Ints<'a> {
    len: usize,
    node: Node<'a>,
}

/// Runs: where each ends, and its value.
type Runs = Vec<(usize, i64)>;

#[derive(Debug)]
enum Node<'a> {
    Constant(i64),
    Packed(packed::Packed<'a>),
    Delta {
        firsts: Box<Ints<'a>>,
        deltas: Box<Ints<'a>>,
    },
    Scaled {
        base: i64,
        factor: i64,
        numbers: Box<Ints<'a>>,
    },
    RunEnd {
        lengths: Box<Ints<'a>>,
        values: Box<Ints<'a>>,
        kept: Kept<Runs>,
    },
    Dictionary {
        values: Box<Ints<'a>>,
        codes: Box<Ints<'a>>,
        kept: Kept<Vec<i64>>,
    },
    Sparse {
        fill: i64,
        gaps: Box<Ints<'a>>,
        values: Box<Ints<'a>>,
        kept: Kept<Vec<(usize, i64)>>,
    },
    #[cfg(feature = "compact")]
    Pco(pco::Pco<'a>),
}

impl<'a> Ints<'a> {
    /// Takes a sequence of `len` numbers.
    pub(crate) fn parse(from: &mut Reader<'a>, len: usize, depth: usize) -> Outcome<Self> {
        let encoding = Encoding::parse(from, depth)?;
        Self::parse_body(encoding, from, len, depth)
    }

    /// As [`Ints::parse`], where the encoding was read already.
    pub(crate) fn parse_body(
        encoding: Encoding,
        from: &mut Reader<'a>,
        len: usize,
        depth: usize,
    ) -> Outcome<Self> {
        let child = |from: &mut Reader<'a>, len| Self::parse(from, len, depth + 1).map(Box::new);
        let node = match encoding {
            Encoding::Constant => Node::Constant(from.signed()?),
            Encoding::Packed => Node::Packed(packed::Packed::parse(from, len)?),
            Encoding::Delta => {
                Node::Delta { firsts: child(from, len.div_ceil(VECTOR))?, deltas: child(from, len)? }
            }
            Encoding::Scaled => {
                Node::Scaled { base: from.signed()?, factor: from.signed()?, numbers: child(from, len)? }
            }
            Encoding::RunEnd => {
                let runs = count(from, len)?;
                Node::RunEnd { lengths: child(from, runs)?, values: child(from, runs)?, kept: Kept::new() }
            }
            Encoding::Dictionary => {
                let size = count(from, len)?;
                Node::Dictionary { values: child(from, size)?, codes: child(from, len)?, kept: Kept::new() }
            }
            Encoding::Sparse => {
                let fill = from.signed()?;
                let exceptions = count(from, len)?;
                let (gaps, values) = (child(from, exceptions)?, child(from, exceptions)?);
                Node::Sparse { fill, gaps, values, kept: Kept::new() }
            }
            #[cfg(feature = "compact")]
            Encoding::Pco => Node::Pco(pco::Pco::parse(from, len)?),
            #[cfg(not(feature = "compact"))]
            Encoding::Pco => return Err(VrtxError::Unsupported("pco needs the feature `compact`")),
            _ => return Err(VrtxError::Damaged("an encoding is not one of numbers")),
        };
        Ok(Self { len, node })
    }

    /// How many numbers there are.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Its encoding.
    pub(crate) fn encoding(&self) -> Encoding {
        match self.node {
            Node::Constant(_) => Encoding::Constant,
            Node::Packed(_) => Encoding::Packed,
            Node::Delta { .. } => Encoding::Delta,
            Node::Scaled { .. } => Encoding::Scaled,
            Node::RunEnd { .. } => Encoding::RunEnd,
            Node::Dictionary { .. } => Encoding::Dictionary,
            Node::Sparse { .. } => Encoding::Sparse,
            #[cfg(feature = "compact")]
            Node::Pco(_) => Encoding::Pco,
        }
    }

    /// The sequences that it is made of, by what they are for.
    pub(crate) fn children(&self) -> Vec<(&'static str, &Self)> {
        match &self.node {
            Node::Delta { firsts, deltas } => vec![("firsts", firsts), ("deltas", deltas)],
            Node::Scaled { numbers, .. } => vec![("numbers", numbers)],
            Node::RunEnd { lengths, values, .. } => vec![("lengths", lengths), ("values", values)],
            Node::Dictionary { values, codes, .. } => vec![("values", values), ("codes", codes)],
            Node::Sparse { gaps, values, .. } => vec![("gaps", gaps), ("values", values)],
            _ => Vec::new(),
        }
    }

    /// The bytes of memory that it takes beside what it was parsed from.
    pub(crate) fn memory(&self) -> usize {
        let own = match &self.node {
            Node::Packed(packed) => size_of_val(packed.vectors()),
            Node::RunEnd { kept, .. } => kept.memory(|runs| size_of_val(&**runs)),
            Node::Dictionary { kept, .. } => kept.memory(|values| size_of_val(&**values)),
            Node::Sparse { kept, .. } => kept.memory(|exceptions| size_of_val(&**exceptions)),
            #[cfg(feature = "compact")]
            Node::Pco(pco) => pco.memory(),
            Node::Constant(_) | Node::Delta { .. } | Node::Scaled { .. } => 0,
        };
        let children = self.children().into_iter().map(|(_, child)| child.memory());
        size_of::<Self>() + own + children.sum::<usize>()
    }

    /// All numbers.
    pub(crate) fn all<T: Integer>(&self) -> Outcome<Vec<T>> {
        let mut all = vec![T::default(); self.len];
        self.read(0, &mut all)?;
        Ok(all)
    }

    /// Reads from `start`, the beginning of a vector, as many numbers as `out` holds.
    pub(crate) fn read<T: Integer>(&self, start: usize, out: &mut [T]) -> Outcome<()> {
        debug_assert!(start.is_multiple_of(VECTOR) && start + out.len() <= self.len);
        match &self.node {
            Node::Constant(value) => out.fill(T::wrap(*value)),
            Node::Packed(packed) => packed.read(start, out)?,
            Node::Delta { firsts, deltas } => read_delta(firsts, deltas, start, out)?,
            Node::Scaled { base, factor, numbers } => {
                numbers.read(start, out)?;
                let (base, factor) = (T::wrap(*base), T::wrap(*factor));
                for number in out {
                    *number = number.times(factor).plus(base);
                }
            }
            Node::RunEnd { lengths, values, kept } => {
                read_runs(kept.get(|| runs(lengths, values, self.len))?, start, out);
            }
            Node::Dictionary { values, codes, kept } => {
                read_dictionary(kept.get(|| values.all())?, codes, start, out)?;
            }
            Node::Sparse { fill, gaps, values, kept } => {
                out.fill(T::wrap(*fill));
                let all = || Ok(positions(gaps, self.len)?.into_iter().zip(values.all()?).collect());
                let exceptions = kept.get(all)?;
                let first = exceptions.partition_point(|(position, _)| *position < start);
                for (position, value) in &exceptions[first..] {
                    match out.get_mut(position - start) {
                        Some(out) => *out = T::wrap(*value),
                        None => break,
                    }
                }
            }
            #[cfg(feature = "compact")]
            Node::Pco(pco) => pco.read(start, out)?,
        }
        Ok(())
    }
}

/// A count of parts, which is at most that of the whole.
pub(crate) fn count(from: &mut Reader<'_>, most: usize) -> Outcome<usize> {
    let count = usize::try_from(from.varint()?).unwrap_or(usize::MAX);
    if count > most {
        return Err(VrtxError::Damaged("there are more parts than values"));
    }
    Ok(count)
}

/// Appends a count that [`count`] reads.
pub(crate) fn put_count(to: &mut Vec<u8>, count: usize) {
    put_varint(to, count as u64);
}

/// Fills a range: most runs are short, and a block of one length is written faster than as many values as there are.
#[inline]
fn fill<T: Copy>(out: &mut [T], range: Range<usize>, value: T) {
    const BLOCK: usize = 8;
    match out.get_mut(range.start..range.start + BLOCK) {
        Some(block) => {
            block.fill(value);
            if range.len() > BLOCK {
                out[range.start + BLOCK..range.end].fill(value);
            }
        }
        None => out[range].fill(value),
    }
}

fn read_delta<T: Integer>(firsts: &Ints<'_>, deltas: &Ints<'_>, start: usize, out: &mut [T]) -> Outcome<()> {
    let firsts = firsts.all::<T>()?;
    deltas.read(start, out)?;
    for (vector, &first) in out.chunks_mut(VECTOR).zip(&firsts[start / VECTOR..]) {
        let mut sum = first;
        if let Some((head, rest)) = vector.split_first_mut() {
            *head = first;
            for number in rest {
                sum = sum.plus(*number);
                *number = sum;
            }
        }
    }
    Ok(())
}

fn read_dictionary<T: Integer>(values: &[i64], codes: &Ints<'_>, start: usize, out: &mut [T]) -> Outcome<()> {
    let mut places = [0u32; VECTOR];
    for (vector, out) in out.chunks_mut(VECTOR).enumerate() {
        let places = &mut places[..out.len()];
        codes.read(start + vector * VECTOR, places)?;
        for (out, &mut place) in out.iter_mut().zip(places) {
            *out = T::wrap(*values.get(place as usize).ok_or(UNKNOWN_CODE)?);
        }
    }
    Ok(())
}

/// Where each run ends, and its value.
fn runs(lengths: &Ints<'_>, values: &Ints<'_>, len: usize) -> Outcome<Runs> {
    let mut runs = Vec::with_capacity(values.len());
    let values = values.all::<i64>()?;
    each_run(lengths, len, 0..len, |run, range| runs.push((range.end, values[run])))?;
    Ok(runs)
}

fn read_runs<T: Integer>(runs: &[(usize, i64)], start: usize, out: &mut [T]) {
    let first = runs.partition_point(|(end, _)| *end <= start);
    let mut begin = 0;
    for &(end, value) in &runs[first..] {
        if begin == out.len() {
            break;
        }
        let end = (end - start).min(out.len());
        fill(out, begin..end, T::wrap(value));
        begin = end;
    }
}

/// A position that no dictionary has.
pub(crate) const UNKNOWN_CODE: VrtxError = VrtxError::Damaged("a dictionary lacks a value");

/// Calls `each` with every run that reaches into `rows`: its number, and what of `rows` it covers.
///
/// Each stored length is one less than the run's; together the runs have to be `len` rows.
pub(crate) fn each_run(
    lengths: &Ints<'_>,
    len: usize,
    rows: Range<usize>,
    mut each: impl FnMut(usize, Range<usize>),
) -> Outcome<()> {
    let wrong = VrtxError::Damaged("the lengths of runs do not add up");
    let mut end = 0usize;
    for (run, length) in lengths.all::<u32>()?.into_iter().enumerate() {
        let start = end;
        end = end.saturating_add(length as usize).saturating_add(1);
        if end > len {
            return Err(wrong);
        }
        if end > rows.start && start < rows.end {
            each(run, start.max(rows.start)..end.min(rows.end));
        }
    }
    if end == len { Ok(()) } else { Err(wrong) }
}

/// The positions that gaps stand for: how many places are between one and the next.
pub(crate) fn positions(gaps: &Ints<'_>, len: usize) -> Outcome<Vec<usize>> {
    let mut next = 0;
    let mut positions = Vec::with_capacity(gaps.len());
    for gap in gaps.all::<u32>()? {
        let position = (gap as usize).saturating_add(next);
        if position >= len {
            return Err(VrtxError::Damaged("an exception is outside of its sequence"));
        }
        positions.push(position);
        next = position + 1;
    }
    Ok(positions)
}
