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
    let size = (2 * limit + 2).next_power_of_two();
    let mut table: Vec<(u32, u32)> = vec![(0, 0); size];
    let mut found: Vec<&[u8]> = Vec::new();
    let mut codes = Vec::with_capacity(view.len());
    for value in view.iter() {
        let hash = xxh3_64(value);
        let (mut at, check) = (hash as usize & (size - 1), (hash >> 32) as u32);
        loop {
            let (number, other) = table[at];
            if number == 0 {
                if found.len() == limit {
                    return None;
                }
                found.push(value);
                table[at] = (found.len() as u32, check);
                codes.push(found.len() as i64 - 1);
                break;
            }
            if other == check && found[number as usize - 1] == value {
                codes.push(i64::from(number) - 1);
                break;
            }
            at = (at + 1) & (size - 1);
        }
    }
    sorted(&found, codes)
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
    codes.iter_mut().for_each(|code| *code = place[*code as usize]);
    Some(Distinct { values, codes })
}

/// The first eight bytes as a number that sorts as they do.
fn head(value: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    let length = value.len().min(8);
    bytes[..length].copy_from_slice(&value[..length]);
    u64::from_be_bytes(bytes)
}
