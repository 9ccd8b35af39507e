//! What a filter can be for rows of which only bounds are known: those of a file, a row group, a page.
//!
//! It errs to one side only: what it calls impossible is so for every row.

use crate::filter::{Comparison, Place};

use super::{
    super::iceberg::{DataFile, Type},
    predicate::{BoundPredicate, Leaf, Node, Test},
    scalar::Scalar,
};

/// What is known of the values of a column in some rows.
#[derive(Clone, Debug, Default)]
pub(super) struct Bounds {
    /// Not above any of them.
    pub(super) least: Option<Scalar>,
    /// Not below any of them.
    pub(super) greatest: Option<Scalar>,
    /// Whether there may be NULL.
    pub(super) may_be_null: bool,
    /// Whether there may be a value.
    pub(super) may_be_value: bool,
}

impl Bounds {
    /// Nothing is known.
    pub(super) fn unknown() -> Self {
        Self { least: None, greatest: None, may_be_null: true, may_be_value: true }
    }

    /// Of `rows` rows, so many of which are NULL, if that is known.
    pub(super) fn counted(
        least: Option<Scalar>,
        greatest: Option<Scalar>,
        nulls: Option<u64>,
        rows: u64,
    ) -> Self {
        Self {
            least,
            greatest,
            may_be_null: nulls != Some(0),
            may_be_value: nulls.is_none_or(|nulls| nulls < rows),
        }
    }
}

/// What a condition may be for some of the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Possible {
    pub(super) yes: bool,
    pub(super) no: bool,
    pub(super) unknown: bool,
}

impl Possible {
    pub(super) const ANY: Self = Self { yes: true, no: true, unknown: true };

    fn only(verdict: Option<bool>) -> Self {
        Self { yes: verdict == Some(true), no: verdict == Some(false), unknown: verdict.is_none() }
    }

    /// Whether it is true for every row.
    pub(super) fn is_certain(self) -> bool {
        self.yes && !self.no && !self.unknown
    }
}

impl BoundPredicate {
    /// Whether the filter may be true for a row of the file, by what the manifest says of it.
    #[must_use]
    pub fn may_match(&self, file: &DataFile) -> bool {
        self.0.possible(&|leaf| leaf.possible(&file_bounds(leaf, file))).yes
    }
}

fn file_bounds(leaf: &Leaf, file: &DataFile) -> Bounds {
    let bound = |bounds: &std::collections::BTreeMap<i32, Vec<u8>>| {
        bounds.get(&leaf.field).and_then(|bytes| Scalar::of_iceberg(&leaf.kind, bytes))
    };
    let count = |counts: &std::collections::BTreeMap<i32, i64>| {
        counts.get(&leaf.field).and_then(|&count| u64::try_from(count).ok())
    };
    match (count(&file.value_counts), count(&file.null_value_counts)) {
        // a file that says nothing of the column may lack it
        (None, _) => Bounds::unknown(),
        (Some(values), nulls) => {
            Bounds::counted(bound(&file.lower_bounds), bound(&file.upper_bounds), nulls, values)
        }
    }
}

impl Node {
    /// What the whole may be, where `leaf` says what each condition on a column may be.
    pub(super) fn possible(&self, leaf: &impl Fn(&Leaf) -> Possible) -> Possible {
        match self {
            Self::And(terms) => {
                terms.iter().map(|term| term.possible(leaf)).fold(Possible::only(Some(true)), |all, term| {
                    Possible {
                        yes: all.yes && term.yes,
                        no: all.no || term.no,
                        unknown: all.unknown || term.unknown,
                    }
                })
            }
            Self::Or(terms) => {
                terms.iter().map(|term| term.possible(leaf)).fold(Possible::only(Some(false)), |all, term| {
                    Possible {
                        yes: all.yes || term.yes,
                        no: all.no && term.no,
                        unknown: all.unknown || term.unknown,
                    }
                })
            }
            Self::Not(term) => {
                let term = term.possible(leaf);
                Possible { yes: term.no, no: term.yes, unknown: term.unknown }
            }
            Self::Known(verdict) => Possible::only(*verdict),
            Self::Leaf(found) => leaf(found),
        }
    }
}

impl Leaf {
    /// What the condition may be for values within the bounds.
    pub(super) fn possible(&self, bounds: &Bounds) -> Possible {
        if matches!(self.test, Test::IsNull) {
            return Possible { yes: bounds.may_be_null, no: bounds.may_be_value, unknown: false };
        }
        let (yes, no) = match &self.test {
            Test::Compare(comparison, value) => compared(*comparison, value, bounds),
            Test::In(values) => contained(values, bounds),
            Test::Text(Place::Start, part) => begins(part.as_bytes(), bounds),
            Test::Text(..) | Test::Each | Test::IsNull => (true, true),
        };
        // bounds leave out NaN, of which a comparison is unknown
        let may_be_nan = bounds.may_be_value && matches!(self.kind, Type::Float | Type::Double);
        let each = matches!(self.test, Test::Each);
        Possible {
            yes: yes && bounds.may_be_value,
            // an empty list has no NaN in it
            no: (no || may_be_nan) && bounds.may_be_value,
            unknown: bounds.may_be_null || may_be_nan || each,
        }
    }
}

/// Whether the comparison may be true, and whether it may be false.
fn compared(comparison: Comparison, value: &Scalar, bounds: &Bounds) -> (bool, bool) {
    let order = |bound: &Option<Scalar>| bound.as_ref().and_then(|bound| bound.compare(value));
    let (least, greatest) = (order(&bounds.least), order(&bounds.greatest));
    // what is not known may be anything
    let some_less = least.is_none_or(std::cmp::Ordering::is_lt);
    let some_greater = greatest.is_none_or(std::cmp::Ordering::is_gt);
    let some_equal =
        least.is_none_or(std::cmp::Ordering::is_le) && greatest.is_none_or(std::cmp::Ordering::is_ge);
    match comparison {
        Comparison::Eq => (some_equal, some_less || some_greater),
        Comparison::Ne => (some_less || some_greater, some_equal),
        Comparison::Lt => (some_less, some_equal || some_greater),
        Comparison::Le => (some_less || some_equal, some_greater),
        Comparison::Gt => (some_greater, some_less || some_equal),
        Comparison::Ge => (some_greater || some_equal, some_less),
    }
}

fn contained(values: &[Scalar], bounds: &Bounds) -> (bool, bool) {
    let each = values.iter().map(|value| compared(Comparison::Eq, value, bounds));
    each.fold((false, true), |(yes, no), (may_be, may_not)| (yes || may_be, no && may_not))
}

fn begins(part: &[u8], bounds: &Bounds) -> (bool, bool) {
    let start = |bound: &Option<Scalar>| match bound {
        Some(Scalar::Bytes(bytes)) => Some(bytes[..part.len().min(bytes.len())].cmp(part)),
        _ => None,
    };
    let (least, greatest) = (start(&bounds.least), start(&bounds.greatest));
    let yes = least.is_none_or(std::cmp::Ordering::is_le) && greatest.is_none_or(std::cmp::Ordering::is_ge);
    let certain = least == Some(std::cmp::Ordering::Equal) && greatest == Some(std::cmp::Ordering::Equal);
    (yes, !certain)
}
