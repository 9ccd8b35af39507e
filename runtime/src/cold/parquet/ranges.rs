//! Sets of rows and of bytes, as ranges in order that do not touch.

use std::ops::Range;

pub(super) type Ranges = Vec<Range<u64>>;

/// One range.
pub(super) fn one(range: Range<u64>) -> Ranges {
    std::iter::once(range).collect()
}

/// Adds a range that does not begin before the last one does, and joins the two if they are no more than `gap` apart.
pub(super) fn push(ranges: &mut Ranges, range: Range<u64>, gap: u64) {
    match ranges.last_mut() {
        _ if range.is_empty() => {}
        Some(last) if range.start <= last.end.saturating_add(gap) => last.end = last.end.max(range.end),
        _ => ranges.push(range),
    }
}

/// What is in both.
pub(super) fn intersection(a: &[Range<u64>], b: &[Range<u64>]) -> Ranges {
    let (mut at, mut bt, mut both) = (0, 0, Ranges::new());
    while let (Some(left), Some(right)) = (a.get(at), b.get(bt)) {
        push(&mut both, left.start.max(right.start)..left.end.min(right.end), 0);
        if left.end <= right.end { at += 1 } else { bt += 1 }
    }
    both
}

/// What is in one of them, or in both.
pub(super) fn union(a: &[Range<u64>], b: &[Range<u64>]) -> Ranges {
    let mut all: Vec<_> = a.iter().chain(b).cloned().collect();
    all.sort_unstable_by_key(|range| range.start);
    joined(all, 0)
}

/// The same bytes in fewer ranges: those that are no more than `gap` apart become one. They have to be in order.
pub(super) fn joined(all: Vec<Range<u64>>, gap: u64) -> Ranges {
    let mut joined = Ranges::new();
    for range in all {
        push(&mut joined, range, gap);
    }
    joined
}

/// What is in the ranges but for some rows, which are in order.
pub(super) fn without(ranges: &[Range<u64>], rows: &[u64]) -> Ranges {
    let mut left = Ranges::new();
    for range in ranges {
        let mut start = range.start;
        let first = rows.partition_point(|&row| row < range.start);
        for &row in rows[first..].iter().take_while(|&&row| row < range.end) {
            push(&mut left, start..row, 0);
            start = row + 1;
        }
        push(&mut left, start..range.end, 0);
    }
    left
}

/// How many are in them.
pub(super) fn count(ranges: &[Range<u64>]) -> u64 {
    ranges.iter().map(|range| range.end - range.start).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::single_range_in_vec_init)]
    fn sets_of_rows() {
        let (a, b) = ([0..5, 8..12, 20..21], [3..9, 11..30]);
        assert_eq!(intersection(&a, &b), [3..5, 8..9, 11..12, 20..21]);
        assert_eq!(union(&a, &b), [0..30]);
        assert_eq!(without(&a, &[0, 3, 11, 13, 20]), [1..3, 4..5, 8..11]);
        assert_eq!(joined(vec![0..5, 9..12, 20..21], 4), [0..12, 20..21]);
        assert_eq!(count(&a), 10);
    }
}
