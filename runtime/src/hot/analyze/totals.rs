//! The running totals of an aggregate: one a group, fed a batch of documents at a time.

use rustc_hash::FxHashSet;

use crate::{
    error::{Cause, Outcome},
    value::{Value, ValueError},
    vortex::{Column, DataType, Values},
};

use super::{aggregate::Function, batches, groups::Codes};
use crate::hot::columnar::order_of_values;

/// What an aggregate comes to.
#[derive(Clone, Debug)]
pub enum Total {
    /// A count.
    Count(u64),
    /// The sum of integers or of unscaled decimals.
    Exact(i128),
    /// The sum of floats.
    Float(f64),
    /// A mean, of decimals before the point is set.
    Average(Option<f64>),
    /// One of the values, or NULL.
    Value(Value),
}

/// The totals of one aggregate, by groups.
#[derive(Debug)]
pub(super) enum Totals {
    Count(Vec<u64>),
    Sums { function: Function, sums: Vec<Sum>, exact: bool },
    Ends { greatest: bool, ends: Vec<Value> },
    IntegerEnds { greatest: bool, ends: Vec<Option<i64>> },
    Distinct { codes: Box<Codes>, seen: FxHashSet<(u32, u32)>, counts: Vec<u64> },
}

/// A sum, of integers exact, of floats with what rounding took from it.
///
/// Source: Neumaier, "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen", 1974; as in SQLite.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sum {
    count: u64,
    exact: i128,
    float: f64,
    lost: f64,
}

impl Sum {
    fn add_float(&mut self, value: f64) {
        let sum = self.float + value;
        if sum.is_finite() {
            self.lost += if self.float.abs() > value.abs() {
                (self.float - sum) + value
            } else {
                (value - sum) + self.float
            };
        }
        self.float = sum;
        self.count += 1;
    }

    fn float(&self) -> f64 {
        if self.float.is_finite() { self.float + self.lost } else { self.float }
    }
}

/// The documents of a batch that count, and in which group each is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Members<'a> {
    pub(super) places: &'a [u32],
    pub(super) groups: &'a [u32],
    /// How many groups there are.
    pub(super) count: usize,
}

impl Members<'_> {
    /// Runs `each` with every document's place and group, where the column is not NULL.
    #[inline]
    fn each_there(&self, column: &Column, mut each: impl FnMut(usize, usize)) {
        let all = self.places.iter().zip(self.groups).map(|(&at, &group)| (at as usize, group as usize));
        match column.validity() {
            None => all.for_each(|(at, group)| each(at, group)),
            Some(there) => all.filter(|&(at, _)| there.get(at)).for_each(|(at, group)| each(at, group)),
        }
    }
}

impl Totals {
    /// Nothing yet, of a column of this type.
    pub(super) fn new(function: Function, data_type: Option<DataType>) -> Self {
        let values = data_type.map(|data_type| Column::new(data_type, true));
        let values = values.as_ref().map(Column::values);
        match function {
            Function::Count => Self::Count(Vec::new()),
            Function::Sum | Function::Average => {
                let exact = matches!(values, Some(Values::Int(_) | Values::Wide(_)));
                Self::Sums { function, sums: Vec::new(), exact }
            }
            Function::Least | Function::Greatest => {
                let greatest = function == Function::Greatest;
                match values {
                    Some(Values::Int(_)) => Self::IntegerEnds { greatest, ends: Vec::new() },
                    _ => Self::Ends { greatest, ends: Vec::new() },
                }
            }
            Function::CountDistinct => {
                Self::Distinct { codes: Box::default(), seen: FxHashSet::default(), counts: Vec::new() }
            }
        }
    }

    /// Adds the documents of a batch.
    pub(super) fn add(&mut self, values: Option<&batches::Values>, members: Members<'_>) -> Outcome<()> {
        match (self, values.and_then(batches::Values::plain)) {
            (Self::Count(counts), _) => {
                counts.resize(members.count, 0);
                members.groups.iter().for_each(|&group| counts[group as usize] += 1);
            }
            (Self::Sums { sums, .. }, Some(column)) => {
                sums.resize(members.count, Sum::default());
                add_sums(sums, column, members)?;
            }
            (Self::IntegerEnds { greatest, ends }, Some(column)) => {
                ends.resize(members.count, None);
                if let Values::Int(values) = column.values() {
                    members.each_there(column, |at, group| {
                        let value = values[at];
                        let end = ends[group].get_or_insert(value);
                        *end = if *greatest { value.max(*end) } else { value.min(*end) };
                    });
                }
            }
            (Self::Ends { greatest, ends }, Some(column)) => {
                ends.resize(members.count, Value::Null);
                members.each_there(column, |at, group| {
                    let value = column.get(at);
                    let order = crate::filter::compare(value.as_ref(), ends[group].as_ref());
                    let is_further =
                        order.is_none_or(|order| if *greatest { order.is_gt() } else { order.is_lt() });
                    if is_further {
                        ends[group] = value;
                    }
                });
            }
            (Self::Distinct { codes, seen, counts }, _) => {
                counts.resize(members.count, 0);
                let numbers = values.map(|values| codes.of(values, members.places)).unwrap_or_default();
                for (&group, number) in members.groups.iter().zip(numbers) {
                    if *codes.value(number) != Value::Null && seen.insert((group, number)) {
                        counts[group as usize] += 1;
                    }
                }
            }
            (_, None) => return Err(Cause::Schema("an aggregate of no column".to_owned()).into()),
        }
        Ok(())
    }

    /// What a group comes to.
    pub(super) fn total(&self, group: usize) -> Total {
        match self {
            Self::Count(counts) | Self::Distinct { counts, .. } => {
                Total::Count(counts.get(group).copied().unwrap_or(0))
            }
            Self::Sums { function, sums, exact } => {
                let sum = sums.get(group).copied().unwrap_or_default();
                match (function, exact) {
                    (Function::Average, _) => Total::Average(average(&sum, *exact)),
                    (_, true) => Total::Exact(sum.exact),
                    (_, false) => Total::Float(sum.float()),
                }
            }
            Self::IntegerEnds { ends, .. } => {
                Total::Value(ends.get(group).copied().flatten().map_or(Value::Null, Value::Integer))
            }
            Self::Ends { ends, .. } => Total::Value(ends.get(group).cloned().unwrap_or(Value::Null)),
        }
    }
}

#[allow(clippy::cast_precision_loss)] // a mean is a float
fn average(sum: &Sum, exact: bool) -> Option<f64> {
    let total = if exact { sum.exact as f64 } else { sum.float() };
    (sum.count > 0).then(|| total / sum.count as f64)
}

fn add_sums(sums: &mut [Sum], column: &Column, members: Members<'_>) -> Outcome<()> {
    let decimal = matches!(column.data_type(), DataType::Decimal { .. });
    match column.values() {
        Values::Int(values) => {
            members.each_there(column, |at, group| {
                let sum = &mut sums[group];
                sum.exact += i128::from(values[at]);
                sum.count += 1;
            });
        }
        Values::F64(values) => {
            members.each_there(column, |at, group| sums[group].add_float(values[at]));
        }
        Values::F32(values) => {
            members.each_there(column, |at, group| sums[group].add_float(f64::from(values[at])));
        }
        Values::Wide(values) if decimal => {
            let mut beyond = false;
            members.each_there(column, |at, group| {
                let (sum, overflows) = sums[group].exact.overflowing_add(values[at]);
                beyond |= overflows;
                sums[group].exact = sum;
                sums[group].count += 1;
            });
            if beyond {
                let (value, kind) = ("the sum".to_owned(), "a decimal of 38 digits");
                return Err(Cause::Value(ValueError::OutOfRange { value, kind }).into());
            }
        }
        _ => return Err(Cause::Schema("the sum of a column that holds no numbers".to_owned()).into()),
    }
    Ok(())
}

/// The order of two totals of one aggregate, for the greatest ones: NULL is the least.
#[allow(clippy::cast_precision_loss)] // only floats are compared with floats
pub(super) fn order(a: &Total, b: &Total) -> std::cmp::Ordering {
    use std::cmp::Ordering::Equal;
    match (a, b) {
        (Total::Count(a), Total::Count(b)) => a.cmp(b),
        (Total::Exact(a), Total::Exact(b)) => a.cmp(b),
        (Total::Float(a), Total::Float(b)) => a.total_cmp(b),
        (Total::Average(a), Total::Average(b)) => a.partial_cmp(b).unwrap_or(Equal),
        (Total::Value(a), Total::Value(b)) => order_of_values(a.as_ref(), b.as_ref()),
        _ => Equal,
    }
}
