//! What is known of a segment without decoding it. It is exact, so that it can rule a segment out.
//!
//! ```text
//! statistics = rows varint · nulls varint · flags u8: 1 there are bounds, 2 there is a NaN, 4 the least is cut, 8 the
//!              greatest is cut · bounds, if there are
//! bounds     = integers: least zigzag varint · greatest − least varint       booleans: how many are true, varint
//!            | f32, f64: least, greatest, 4 or 8 bytes each                  16-byte values: least, greatest, 16 each
//!            | texts, blobs: length u8 · that many bytes, of the least and of the greatest
//! ```

use crate::bytes::{Reader, put_signed, put_varint};

use super::{
    column::{Column, Values},
    error::{Outcome, VrtxError},
    segment::MAX_ROWS,
    strings::head,
    types::{DataType, Shape},
};

/// How many bytes of the least and the greatest text are kept.
const KEPT: usize = 32;

const BOUNDS: u8 = 1;
const NAN: u8 = 2;
const LEAST_CUT: u8 = 4;
const GREATEST_CUT: u8 = 8;

/// What is known of a segment without decoding it.
#[derive(Clone, Debug, PartialEq)]
pub struct Statistics {
    /// How many values there are, NULLs included.
    pub rows: usize,
    /// How many of them are NULL.
    pub nulls: usize,
    /// Whether there is a float that is not a number; `bounds` does not cover it.
    pub has_nan: bool,
    /// Between what the values are; none where there is no value.
    pub bounds: Option<Bounds>,
}

/// Between what the values of a segment are, both ends included.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Bounds {
    /// How many booleans are true.
    Bool {
        /// That many.
        ones: usize,
    },
    /// Integers, dates (days), timestamps (µs), and decimals of up to 18 digits (unscaled).
    Int(i64, i64),
    /// Floats; −0.0 is less than 0.0.
    Float(f64, f64),
    /// Texts and blobs.
    Bytes {
        /// The least value, or its first 32 bytes.
        least: Vec<u8>,
        /// Whether `least` is only the beginning.
        least_cut: bool,
        /// The greatest value, or its first 32 bytes.
        greatest: Vec<u8>,
        /// Whether `greatest` is only the beginning.
        greatest_cut: bool,
    },
    /// Decimals of more than 18 digits.
    Decimal {
        /// The least, unscaled.
        least: i128,
        /// The greatest, unscaled.
        greatest: i128,
        /// The digits of the column's type.
        precision: u8,
    },
    /// Ids: their bytes, the highest first.
    Id(u128, u128),
}

impl Statistics {
    pub(crate) fn of(column: &Column) -> Self {
        let (rows, nulls) = (column.len(), column.nulls());
        let there = |at: &usize| column.validity().is_none_or(|validity| validity.get(*at));
        let mut has_nan = false;
        let bounds = match column.values() {
            Values::Bool(values) => (nulls < rows).then(|| Bounds::Bool { ones: values.count() }),
            Values::Int(values) => match column.validity() {
                None => ends(values.iter().copied()),
                Some(validity) => ends(validity.ones().map(|at| values[at])),
            }
            .map(|(least, greatest)| Bounds::Int(least, greatest)),
            Values::F32(values) => {
                float_bounds((0..rows).filter(there).map(|at| f64::from(values[at])), &mut has_nan)
            }
            Values::F64(values) => float_bounds((0..rows).filter(there).map(|at| values[at]), &mut has_nan),
            Values::Bytes(values) => {
                let texts = (0..rows).filter(there).map(|at| Headed::of(values.get(at)));
                ends(texts).map(|(Headed(_, least), Headed(_, greatest))| Bounds::Bytes {
                    least: kept(least),
                    least_cut: least.len() > KEPT,
                    greatest: kept(greatest),
                    greatest_cut: greatest.len() > KEPT,
                })
            }
            Values::Wide(values) if column.data_type().fixed_length().is_some() => {
                let ids = (0..rows).filter(there).map(|at| values[at].cast_unsigned());
                ends(ids).map(|(least, greatest)| Bounds::Id(least, greatest))
            }
            Values::Wide(values) => {
                let decimals = (0..rows).filter(there).map(|at| values[at]);
                let precision = column.data_type().precision();
                ends(decimals).map(|(least, greatest)| Bounds::Decimal { least, greatest, precision })
            }
        };
        Self { rows, nulls, has_nan, bounds }
    }

    pub(crate) fn put(&self, data_type: DataType, to: &mut Vec<u8>) {
        put_varint(to, self.rows as u64);
        put_varint(to, self.nulls as u64);
        let mut flags = if self.bounds.is_some() { BOUNDS } else { 0 };
        flags |= if self.has_nan { NAN } else { 0 };
        if let Some(Bounds::Bytes { least_cut, greatest_cut, .. }) = &self.bounds {
            flags |= if *least_cut { LEAST_CUT } else { 0 } | if *greatest_cut { GREATEST_CUT } else { 0 };
        }
        to.push(flags);
        match &self.bounds {
            None => {}
            Some(Bounds::Bool { ones }) => put_varint(to, *ones as u64),
            Some(Bounds::Int(least, greatest)) => {
                put_signed(to, *least);
                put_varint(to, greatest.wrapping_sub(*least).cast_unsigned());
            }
            Some(Bounds::Float(least, greatest)) if data_type == DataType::F32 => {
                to.extend((*least as f32).to_le_bytes());
                to.extend((*greatest as f32).to_le_bytes());
            }
            Some(Bounds::Float(least, greatest)) => {
                to.extend(least.to_le_bytes());
                to.extend(greatest.to_le_bytes());
            }
            Some(Bounds::Bytes { least, greatest, .. }) => {
                for bound in [least, greatest] {
                    to.push(bound.len() as u8);
                    to.extend(bound);
                }
            }
            Some(Bounds::Decimal { least, greatest, .. }) => {
                to.extend(least.to_le_bytes());
                to.extend(greatest.to_le_bytes());
            }
            Some(Bounds::Id(least, greatest)) => {
                to.extend(least.to_be_bytes());
                to.extend(greatest.to_be_bytes());
            }
        }
    }

    pub(crate) fn parse(data_type: DataType, from: &mut Reader<'_>) -> Outcome<Self> {
        let rows = usize::try_from(from.varint()?).unwrap_or(usize::MAX);
        let nulls = usize::try_from(from.varint()?).unwrap_or(usize::MAX);
        if rows > MAX_ROWS || nulls > rows {
            return Err(VrtxError::Damaged("a segment has too many rows"));
        }
        let flags = from.byte()?;
        let bounds = (flags & BOUNDS != 0).then(|| parse_bounds(data_type, flags, from)).transpose()?;
        Ok(Self { rows, nulls, has_nan: flags & NAN != 0, bounds })
    }
}

fn parse_bounds(data_type: DataType, flags: u8, from: &mut Reader<'_>) -> Outcome<Bounds> {
    Ok(match data_type.shape() {
        Shape::Bool => Bounds::Bool { ones: usize::try_from(from.varint()?).unwrap_or(usize::MAX) },
        Shape::Int => {
            let least = from.signed()?;
            Bounds::Int(least, least.wrapping_add(from.varint()?.cast_signed()))
        }
        Shape::F32 => {
            let mut bound = || from.array().map(|bytes| f64::from(f32::from_le_bytes(bytes)));
            Bounds::Float(bound()?, bound()?)
        }
        Shape::F64 => Bounds::Float(f64::from_le_bytes(from.array()?), f64::from_le_bytes(from.array()?)),
        Shape::Bytes => {
            let mut bound = || {
                let length = usize::from(from.byte()?);
                from.take(length).map(<[u8]>::to_vec)
            };
            Bounds::Bytes {
                least: bound()?,
                greatest: bound()?,
                least_cut: flags & LEAST_CUT != 0,
                greatest_cut: flags & GREATEST_CUT != 0,
            }
        }
        Shape::Wide if data_type.fixed_length().is_some() => {
            Bounds::Id(u128::from_be_bytes(from.array()?), u128::from_be_bytes(from.array()?))
        }
        Shape::Wide => Bounds::Decimal {
            least: i128::from_le_bytes(from.array()?),
            greatest: i128::from_le_bytes(from.array()?),
            precision: data_type.precision(),
        },
    })
}

/// A text with its first bytes as a number, which decides most comparisons.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Headed<'a>(u64, &'a [u8]);

impl<'a> Headed<'a> {
    fn of(text: &'a [u8]) -> Self {
        Self(head(text), text)
    }
}

fn kept(value: &[u8]) -> Vec<u8> {
    value[..value.len().min(KEPT)].to_vec()
}

/// The least and the greatest of some values.
fn ends<T: Ord + Copy>(mut values: impl Iterator<Item = T>) -> Option<(T, T)> {
    let first = values.next()?;
    Some(values.fold((first, first), |(least, greatest), value| (least.min(value), greatest.max(value))))
}

fn float_bounds(values: impl Iterator<Item = f64>, has_nan: &mut bool) -> Option<Bounds> {
    let mut bounds = None;
    for value in values {
        if value.is_nan() {
            *has_nan = true;
            continue;
        }
        let (least, greatest) = bounds.get_or_insert((value, value));
        if value.total_cmp(least).is_lt() {
            *least = value;
        }
        if value.total_cmp(greatest).is_gt() {
            *greatest = value;
        }
    }
    bounds.map(|(least, greatest)| Bounds::Float(least, greatest))
}
