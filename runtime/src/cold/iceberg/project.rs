//! Pruning: what a condition on a column says about partitions.
//!
//! Every answer is inclusive: a partition that holds a matching row is never excluded.

use std::cmp::Ordering;

use super::{Datum, Transform, bounds::may_hold};
use crate::filter::Comparison;

impl Transform {
    /// The condition that the partition of every row fulfils whose column stands so to `literal`; none when that may be
    /// any partition.
    #[must_use]
    pub fn project(self, comparison: Comparison, literal: &Datum) -> Option<(Comparison, Datum)> {
        let made = |literal: &Datum| self.apply(Some(literal)).ok().flatten();
        // Nothing follows for an order from a number that has wrapped around.
        let ordered =
            |literal: &Datum| made(literal).filter(|made| made.compare(literal).is_none_or(Ordering::is_le));
        match (self, comparison) {
            (Self::Void, _) => None,
            (Self::Identity, _) => Some((comparison, literal.clone())),
            (_, Comparison::Eq) => Some((Comparison::Eq, made(literal)?)),
            (Self::Bucket(_), _) | (_, Comparison::Ne) => None,
            (_, Comparison::Lt) => Some((Comparison::Le, ordered(&before(literal)?)?)),
            (_, Comparison::Le) => Some((Comparison::Le, ordered(literal)?)),
            (_, Comparison::Gt) => Some((Comparison::Ge, ordered(&after(literal)?)?)),
            (_, Comparison::Ge) => Some((Comparison::Ge, ordered(literal)?)),
        }
    }

    /// Whether a row of this partition may stand so to `literal`.
    ///
    /// ```
    /// # use terrace::{cold::iceberg::{Datum, Transform}, filter::Comparison};
    /// let day = Transform::Day;
    /// assert!(!day.may_match(Some(&Datum::Date(1)), Comparison::Lt, &Datum::Timestamp(86_400_000_000)));
    /// assert!(day.may_match(Some(&Datum::Date(1)), Comparison::Le, &Datum::Timestamp(86_400_000_000)));
    /// ```
    #[must_use]
    pub fn may_match(self, partition: Option<&Datum>, comparison: Comparison, literal: &Datum) -> bool {
        match partition {
            // a row whose column is NULL stands in no way to anything
            None => self == Self::Void,
            some => self.may_match_within(some, some, comparison, literal),
        }
    }

    /// Whether a row of partitions between these bounds may stand so to `literal`. A bound that is not known excludes
    /// nothing.
    #[must_use]
    pub fn may_match_within(
        self,
        lower: Option<&Datum>,
        upper: Option<&Datum>,
        comparison: Comparison,
        literal: &Datum,
    ) -> bool {
        self.wrapped_around(lower, upper)
            || self
                .project(comparison, literal)
                .is_none_or(|(comparison, literal)| may_hold(lower, upper, comparison, &literal))
    }

    /// Whether a row of this partition may have a column that is NULL.
    #[must_use]
    pub fn may_be_null(self, partition: Option<&Datum>) -> bool {
        partition.is_none()
    }

    /// Whether a row of this partition may have a column that is not NULL.
    #[must_use]
    pub fn may_be_set(self, partition: Option<&Datum>) -> bool {
        partition.is_some() || self == Self::Void
    }

    /// Whether partitions between these bounds may hold numbers near the least, which have wrapped around: to just below
    /// the greatest int or long. A column of longs may once have been one of ints.
    fn wrapped_around(self, lower: Option<&Datum>, upper: Option<&Datum>) -> bool {
        let Self::Truncate(width) = self else { return false };
        let (lower, upper) = (lower.and_then(whole), upper.and_then(whole));
        [i64::from(i32::MAX), i64::MAX].into_iter().any(|end| {
            upper.is_some_and(|upper| upper > end - i64::from(width))
                && lower.is_none_or(|lower| lower <= end)
        })
    }
}

fn whole(number: &Datum) -> Option<i64> {
    match number {
        Datum::Int(value) => Some(i64::from(*value)),
        Datum::Long(value) => Some(*value),
        _ => None,
    }
}

/// The greatest value below this one: for text there is none, so the value itself.
fn before(literal: &Datum) -> Option<Datum> {
    step(literal, -1)
}

/// The least value above this one.
fn after(literal: &Datum) -> Option<Datum> {
    step(literal, 1)
}

fn step(literal: &Datum, by: i8) -> Option<Datum> {
    Some(match literal {
        Datum::Int(value) => Datum::Int(value.checked_add(by.into())?),
        Datum::Long(value) => Datum::Long(value.checked_add(by.into())?),
        Datum::Date(value) => Datum::Date(value.checked_add(by.into())?),
        Datum::Timestamp(value) => Datum::Timestamp(value.checked_add(by.into())?),
        Datum::Decimal(value) => Datum::Decimal(value.checked_add(by.into())?),
        other => other.clone(),
    })
}
