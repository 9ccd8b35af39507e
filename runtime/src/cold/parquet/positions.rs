//! The places of rows in their file, given out batch by batch.

use std::ops::Range;

use arrow_buffer::BooleanBuffer;

use super::ranges::{Ranges, push};

/// Places in order, of which some were given out.
#[derive(Debug)]
pub(super) struct Positions {
    ranges: std::vec::IntoIter<Range<u64>>,
    /// What is left of the range that was begun.
    begun: Range<u64>,
}

impl Positions {
    /// The rows of `selection`, or those of them that are set in `found`, one bit for each row of the selection. The row
    /// group begins with the row `first`.
    pub(super) fn new(selection: &[Range<u64>], found: &[BooleanBuffer], first: u64) -> Self {
        let selected = if found.is_empty() { selection.to_vec() } else { refined(selection, found) };
        let ranges: Ranges = selected.into_iter().map(|rows| first + rows.start..first + rows.end).collect();
        Self { ranges: ranges.into_iter(), begun: 0..0 }
    }

    /// The next `count` places.
    pub(super) fn take(&mut self, mut count: u64) -> Ranges {
        let mut taken = Ranges::new();
        while count > 0 {
            if self.begun.is_empty() {
                let Some(next) = self.ranges.next() else { break };
                self.begun = next;
            }
            let part = self.begun.start..self.begun.end.min(self.begun.start + count);
            self.begun.start = part.end;
            count -= part.end - part.start;
            push(&mut taken, part, 0);
        }
        taken
    }
}

/// Those rows of the selection that are set.
fn refined(selection: &[Range<u64>], found: &[BooleanBuffer]) -> Ranges {
    let mut rest = Positions { ranges: Vec::from(selection).into_iter(), begun: 0..0 };
    let mut refined = Ranges::new();
    for bits in found {
        let mut at = 0;
        for (start, end) in bits.set_slices() {
            rest.take((start - at) as u64);
            rest.take((end - start) as u64).into_iter().for_each(|range| push(&mut refined, range, 0));
            at = end;
        }
        rest.take((bits.len() - at) as u64);
    }
    refined
}
