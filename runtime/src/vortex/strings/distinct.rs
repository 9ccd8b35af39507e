//! The distinct strings of a sequence, in order, and where each stands.

use xxhash_rust::xxh3::xxh3_64;

use super::{Strings, View};

/// A dictionary of a sequence.
#[derive(Debug)]
pub(super) struct Distinct {
    /// The distinct values, ascending.
    pub(super) values: Strings,
    /// For each value of the sequence its place in `values`.
    pub(super) codes: Vec<i64>,
}

/// The distinct values, unless there are more than `limit`.
pub(super) fn distinct(view: View<'_>, limit: usize) -> Option<Distinct> {
    let mut table = Table::new(256);
    let mut codes = Vec::with_capacity(view.len());
    for value in view.iter() {
        codes.push(table.number(value));
        if table.found.len() > limit {
            return None;
        }
    }
    sorted(&table.found, codes)
}

/// Distinct values in the order in which they came, found by their hashes.
struct Table<'a> {
    /// The number of a value, from 1, and a part of its hash; 0 where there is none.
    slots: Vec<(u32, u32)>,
    found: Vec<&'a [u8]>,
}

impl<'a> Table<'a> {
    fn new(size: usize) -> Self {
        Self { slots: vec![(0, 0); size], found: Vec::new() }
    }

    /// The number of a value, from 0.
    fn number(&mut self, value: &'a [u8]) -> i64 {
        let hash = xxh3_64(value);
        let check = (hash >> 32) as u32;
        let mut at = hash as usize & (self.slots.len() - 1);
        loop {
            match self.slots[at] {
                (0, _) => break,
                (number, other) if other == check && self.found[number as usize - 1] == value => {
                    return i64::from(number) - 1;
                }
                _ => at = (at + 1) & (self.slots.len() - 1),
            }
        }
        self.found.push(value);
        self.slots[at] = (self.found.len() as u32, check);
        if self.found.len() * 2 > self.slots.len() {
            self.grow();
        }
        self.found.len() as i64 - 1
    }

    fn grow(&mut self) {
        let mut larger = Self::new(self.slots.len() * 4);
        self.found.iter().for_each(|value| {
            larger.number(value);
        });
        *self = larger;
    }
}

fn sorted(found: &[&[u8]], mut codes: Vec<i64>) -> Option<Distinct> {
    let mut order: Vec<(u64, usize)> = found.iter().map(|value| head(value)).zip(0..).collect();
    order.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| found[a.1].cmp(found[b.1])));
    let mut place = vec![0; found.len()];
    let mut values = Strings::new();
    for (rank, &(_, at)) in order.iter().enumerate() {
        place[at] = rank as i64;
        values.push(found[at]).ok()?;
    }
    for code in &mut codes {
        *code = place[*code as usize];
    }
    Some(Distinct { values, codes })
}

/// The first eight bytes as a number that sorts as they do.
#[inline]
pub(crate) fn head(value: &[u8]) -> u64 {
    match value.first_chunk::<8>() {
        Some(bytes) => u64::from_be_bytes(*bytes),
        None => value.iter().enumerate().fold(0, |head, (at, &byte)| head | u64::from(byte) << (56 - 8 * at)),
    }
}
