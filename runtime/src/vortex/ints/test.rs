//! Testing encoded numbers: a vector, a run or a distinct value at a time where that is enough.

use crate::{
    filter::{Comparison, Predicate},
    value::Value,
    vortex::{
        bitmap::Bitmap,
        bits::{Scratch, VECTOR},
        error::Outcome,
    },
};

use super::{
    Ints, Node, each_run,
    packed::{Packed, Vector},
    positions,
};

/// Which numbers are looked for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Match {
    /// Those from one to another, both included; none where the first is greater.
    Range(i64, i64),
    /// All others.
    Outside(i64),
    /// These, ascending.
    Values(Vec<i64>),
    /// Those whose bit is set; for the codes of a dictionary.
    Places(Bitmap),
}

impl Match {
    const NOTHING: Self = Self::Range(1, 0);
    const EVERYTHING: Self = Self::Range(i64::MIN, i64::MAX);

    /// What a condition on a column of numbers looks for; none when it is not one on numbers.
    pub(crate) fn of(condition: &Predicate) -> Option<Self> {
        match condition {
            Predicate::Compare { comparison, value: Value::Integer(value), .. } => {
                Some(Self::compared(*comparison, *value))
            }
            Predicate::In { values, .. } if !values.is_empty() => {
                let mut numbers: Vec<i64> = values
                    .iter()
                    .filter_map(|value| match value {
                        Value::Integer(value) => Some(*value),
                        _ => None,
                    })
                    .collect();
                numbers.sort_unstable();
                Some(Self::Values(numbers))
            }
            _ => None,
        }
    }

    fn compared(comparison: Comparison, value: i64) -> Self {
        match comparison {
            Comparison::Eq => Self::Range(value, value),
            Comparison::Ne => Self::Outside(value),
            Comparison::Le => Self::Range(i64::MIN, value),
            Comparison::Ge => Self::Range(value, i64::MAX),
            Comparison::Lt => value.checked_sub(1).map_or(Self::NOTHING, |last| Self::Range(i64::MIN, last)),
            Comparison::Gt => {
                value.checked_add(1).map_or(Self::NOTHING, |first| Self::Range(first, i64::MAX))
            }
        }
    }

    /// The places of the bits that are set: as a range where they are one.
    pub(crate) fn places(bits: &Bitmap) -> Self {
        let count = bits.count();
        let first = bits.ones().next().unwrap_or(0);
        if count == bits.len() {
            Self::EVERYTHING
        } else if count == 0 {
            Self::NOTHING
        } else if bits.rank((first + count).min(bits.len())) == count {
            Self::Range(first as i64, (first + count) as i64 - 1)
        } else {
            Self::Places(bits.clone())
        }
    }

    #[inline]
    fn holds(&self, number: i64) -> bool {
        match self {
            Self::Range(first, last) => *first <= number && number <= *last,
            Self::Outside(other) => number != *other,
            Self::Values(values) => values.binary_search(&number).is_ok(),
            Self::Places(bits) => usize::try_from(number).is_ok_and(|at| bits.get(at)),
        }
    }

    /// What holds for all numbers between two; none when it differs.
    fn between(&self, least: i64, greatest: i64) -> Option<bool> {
        match self {
            Self::Range(from, to) if *from <= least && greatest <= *to => Some(true),
            Self::Range(from, to) if *to < least || greatest < *from => Some(false),
            Self::Outside(other) if *other < least || greatest < *other => Some(true),
            Self::Values(values) => {
                let next = values.partition_point(|&value| value < least);
                values.get(next).is_none_or(|&value| value > greatest).then_some(false)
            }
            _ => None,
        }
    }

    /// What to look for in numbers that are multiplied by `factor` and added to `base`; none when that is not simple. The
    /// format says that this does not wrap around.
    fn unscaled(&self, base: i64, factor: i64) -> Option<Self> {
        let (base, factor) = (i128::from(base), i128::from(factor));
        let exact = |value: i64| {
            let rest = i128::from(value) - base;
            (rest % factor == 0).then(|| i64::try_from(rest / factor).ok()).flatten()
        };
        match self {
            _ if factor < 1 => None,
            Self::Range(first, last) => {
                let first = (i128::from(*first) - base + factor - 1).div_euclid(factor);
                let last = (i128::from(*last) - base).div_euclid(factor);
                let clamp = |number: i128| number.clamp(i64::MIN.into(), i64::MAX.into()) as i64;
                Some(if first > last { Self::NOTHING } else { Self::Range(clamp(first), clamp(last)) })
            }
            Self::Outside(value) => Some(exact(*value).map_or(Self::EVERYTHING, Self::Outside)),
            Self::Values(values) => {
                Some(Self::Values(values.iter().filter_map(|&value| exact(value)).collect()))
            }
            Self::Places(_) => None,
        }
    }
}

impl Ints<'_> {
    /// A bit for each number: whether it is one that is looked for.
    pub(crate) fn select(&self, wanted: &Match) -> Outcome<Bitmap> {
        match &self.node {
            Node::Constant(value) => Ok(Bitmap::filled(self.len, wanted.holds(*value))),
            Node::Packed(packed) => select_packed(packed, self.len, wanted),
            Node::Scaled { base, factor, numbers } => match wanted.unscaled(*base, *factor) {
                Some(wanted) => numbers.select(&wanted),
                None => self.select_each(wanted),
            },
            Node::RunEnd { lengths, values, .. } => {
                let runs = values.select(wanted)?;
                let mut bits = Bitmap::filled(self.len, false);
                each_run(lengths, self.len, 0..self.len, |run, range| {
                    if runs.get(run) {
                        bits.set_range(range);
                    }
                })?;
                Ok(bits)
            }
            Node::Dictionary { values, codes, .. } => codes.select(&Match::places(&values.select(wanted)?)),
            Node::Sparse { fill, gaps, values, .. } => {
                let mut bits = Bitmap::filled(self.len, wanted.holds(*fill));
                let values = values.select(wanted)?;
                for (position, value) in positions(gaps, self.len)?.into_iter().zip(values.iter()) {
                    bits.set(position, value);
                }
                Ok(bits)
            }
            Node::Delta { .. } => self.select_each(wanted),
            #[cfg(feature = "compact")]
            Node::Pco(_) => self.select_each(wanted),
        }
    }

    fn select_each(&self, wanted: &Match) -> Outcome<Bitmap> {
        Ok(self.all::<i64>()?.into_iter().map(|number| wanted.holds(number)).collect())
    }
}

fn select_packed(packed: &Packed<'_>, len: usize, wanted: &Match) -> Outcome<Bitmap> {
    let mut bits = Bitmap::filled(len, false);
    let (mut scratch, mut numbers) = (Scratch::new(), [0i64; VECTOR]);
    for (vector, start) in packed.vectors().iter().zip((0..len).step_by(VECTOR)) {
        let rows = start..len.min(start + VECTOR);
        match (wanted, vector.bound().and_then(|greatest| wanted.between(vector.least, greatest))) {
            (_, Some(true)) => bits.set_range(rows),
            (_, Some(false)) => {}
            (&Match::Range(first, last), None) if vector.is_narrow() => {
                select_narrow(vector, (first, last), &mut scratch, start, &mut bits)?;
            }
            (_, None) => {
                let numbers = &mut numbers[..rows.len()];
                vector.read(&mut scratch, numbers)?;
                bits.set_words(
                    start / 64,
                    numbers.chunks(64).map(|numbers| word(numbers, |number| wanted.holds(number))),
                );
            }
        }
    }
    Ok(bits)
}

/// Sets the bits of those numbers of a vector that are between two. Differences from its least number are tested, since
/// the compiler works on more of them at once.
fn select_narrow(
    vector: &Vector<'_>,
    (first, last): (i64, i64),
    scratch: &mut Scratch,
    start: usize,
    bits: &mut Bitmap,
) -> Outcome<()> {
    let numbers = vector.differences(scratch);
    let difference = |number: i64| i128::from(number) - i128::from(vector.least);
    let (from, to) = (difference(first).max(0), difference(last).min(u32::MAX.into()));
    if let (Ok(from), Ok(span)) = (u32::try_from(from), u32::try_from(to - from)) {
        let words =
            numbers.chunks(64).map(|numbers| word(numbers, |number| number.wrapping_sub(from) <= span));
        bits.set_words(start / 64, words);
    }
    vector.each_patch(|place, more| {
        let number = vector.least.wrapping_add(i64::from(numbers[place])).wrapping_add(more);
        bits.set(start + place, first <= number && number <= last);
    })
}

/// A bit for each of up to 64 numbers.
#[inline]
fn word<T: Copy>(numbers: &[T], holds: impl Fn(T) -> bool) -> u64 {
    let mut flags = [0u8; 64];
    flags.iter_mut().zip(numbers).for_each(|(flag, &number)| *flag = u8::from(holds(number)));
    // The product has the lowest bits of its eight bytes in the highest byte.
    let eight = |bytes: &[u8; 8]| u64::from_le_bytes(*bytes).wrapping_mul(0x0102_0408_1020_4080) >> 56;
    flags.as_chunks::<8>().0.iter().enumerate().fold(0, |word, (at, bytes)| word | eight(bytes) << (8 * at))
}
