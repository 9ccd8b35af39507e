//! Sequences of 16-byte values: ids, and decimals of more than 18 digits.
//!
//! An id is the number that its bytes are, the highest first, so that ids which begin alike are near to each other.
//!
//! ```text
//! halves     = upper 64 bits, numbers · lower 64 bits, numbers
//! dictionary = distinct varint · values, wide · codes, numbers
//! ```

use std::collections::HashMap;

use crate::bytes::Reader;

use super::{
    choice::{Candidates, Context},
    encoding::Encoding,
    error::{Outcome, VrtxError},
    ints::{self, Ints, UNKNOWN_CODE, count, put_count},
    kept::Kept,
};

/// An encoded sequence.
#[derive(Debug)]
pub(crate) struct Wides<'a> {
    len: usize,
    node: Node<'a>,
}

#[derive(Debug)]
enum Node<'a> {
    Halves { upper: Ints<'a>, lower: Ints<'a> },
    Dictionary { values: Box<Wides<'a>>, codes: Ints<'a>, kept: Kept<Vec<i128>> },
}

impl<'a> Wides<'a> {
    pub(crate) fn parse_body(
        encoding: Encoding,
        from: &mut Reader<'a>,
        len: usize,
        depth: usize,
    ) -> Outcome<Self> {
        let node = match encoding {
            Encoding::Halves => Node::Halves {
                upper: Ints::parse(from, len, depth + 1)?,
                lower: Ints::parse(from, len, depth + 1)?,
            },
            Encoding::Dictionary => {
                let size = count(from, len)?;
                let encoding = Encoding::parse(from, depth + 1)?;
                let values = Box::new(Self::parse_body(encoding, from, size, depth + 1)?);
                Node::Dictionary { values, codes: Ints::parse(from, len, depth + 1)?, kept: Kept::new() }
            }
            _ => return Err(VrtxError::Damaged("an encoding is not one of 16-byte values")),
        };
        Ok(Self { len, node })
    }

    pub(crate) fn encoding(&self) -> Encoding {
        match self.node {
            Node::Halves { .. } => Encoding::Halves,
            Node::Dictionary { .. } => Encoding::Dictionary,
        }
    }

    /// The numbers that it is made of, by what they are for.
    pub(crate) fn numbers(&self) -> Vec<(&'static str, &Ints<'a>)> {
        match &self.node {
            Node::Halves { upper, lower } => vec![("upper", upper), ("lower", lower)],
            Node::Dictionary { codes, .. } => vec![("codes", codes)],
        }
    }

    /// The distinct values and the place of each, where it is a dictionary.
    pub(crate) fn dictionary(&self) -> Option<(&Self, &Ints<'a>)> {
        match &self.node {
            Node::Dictionary { values, codes, .. } => Some((values, codes)),
            Node::Halves { .. } => None,
        }
    }

    /// The bytes of memory that it takes beside what it was parsed from.
    pub(crate) fn memory(&self) -> usize {
        let own = match &self.node {
            Node::Halves { .. } => 0,
            Node::Dictionary { values, kept, .. } => {
                values.memory() + kept.memory(|values| size_of_val(&**values))
            }
        };
        own + self.numbers().into_iter().map(|(_, numbers)| numbers.memory()).sum::<usize>()
    }

    /// All values.
    pub(crate) fn all(&self) -> Outcome<Vec<i128>> {
        let mut all = vec![0; self.len];
        self.read(0, &mut all)?;
        Ok(all)
    }

    /// Reads from `start`, the beginning of a vector, as many values as `out` holds.
    pub(crate) fn read(&self, start: usize, out: &mut [i128]) -> Outcome<()> {
        match &self.node {
            Node::Halves { upper, lower } => {
                let (mut high, mut low) = (vec![0i64; out.len()], vec![0i64; out.len()]);
                upper.read(start, &mut high)?;
                lower.read(start, &mut low)?;
                for ((out, high), low) in out.iter_mut().zip(high).zip(low) {
                    *out = i128::from(high) << 64 | i128::from(low.cast_unsigned());
                }
            }
            Node::Dictionary { values, codes, kept } => {
                let values = kept.get(|| values.all())?;
                let mut places = vec![0u32; out.len()];
                codes.read(start, &mut places)?;
                for (out, place) in out.iter_mut().zip(places) {
                    *out = *values.get(place as usize).ok_or(UNKNOWN_CODE)?;
                }
            }
        }
        Ok(())
    }
}

/// The sequence as a node.
pub(crate) fn encode(values: &[i128], context: Context) -> Vec<u8> {
    let mut candidates = Candidates::new(context);
    candidates.add(Encoding::Halves, values.len() * 16, || halves(values, context));
    if context.has_room(2) && context.considers(Encoding::Dictionary, true) {
        let limit = if context.forced(Encoding::Dictionary) { values.len() } else { values.len() / 2 };
        if let Some((distinct, codes)) = distinct(values, limit) {
            let size = values.len() * 2 + distinct.len() * 16;
            candidates.add(Encoding::Dictionary, size, move || dictionary(&distinct, &codes, context));
        }
    }
    candidates.best()
}

fn halves(values: &[i128], context: Context) -> Vec<u8> {
    let upper: Vec<i64> = values.iter().map(|value| (value >> 64) as i64).collect();
    let lower: Vec<i64> = values.iter().map(|&value| value as i64).collect();
    let mut node = vec![Encoding::Halves as u8];
    node.extend(ints::encode(&upper, context.nested()));
    node.extend(ints::encode(&lower, context.nested()));
    node
}

/// The distinct values, ascending, and the place of each, unless there are more than `limit`.
fn distinct(values: &[i128], limit: usize) -> Option<(Vec<i128>, Vec<i64>)> {
    let mut places: HashMap<i128, i64> = HashMap::new();
    for &value in values {
        places.insert(value, 0);
        if places.len() > limit {
            return None;
        }
    }
    let mut distinct: Vec<i128> = places.keys().copied().collect();
    distinct.sort_unstable();
    for (place, value) in distinct.iter().enumerate() {
        places.insert(*value, place as i64);
    }
    let codes = values.iter().map(|value| places[value]).collect();
    Some((distinct, codes))
}

fn dictionary(distinct: &[i128], codes: &[i64], context: Context) -> Vec<u8> {
    let mut node = vec![Encoding::Dictionary as u8];
    put_count(&mut node, distinct.len());
    node.extend(halves(distinct, context.nested()));
    node.extend(ints::encode(codes, context.nested()));
    node
}
