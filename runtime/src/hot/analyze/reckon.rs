//! One pass over a collection that feeds every aggregate.

use std::cmp::Ordering;

use crate::{
    error::{Cause, Outcome},
    hot::columnar::order_of_values,
    schema::{Collection, Schema},
    value::Value,
    vortex::DataType,
};

use super::{
    Analyze,
    aggregate::{Function, Measure},
    batches::{self, Values, Wanted},
    groups::Groups,
    totals::{self, Members, Total, Totals},
};

/// The groups, and the totals of each aggregate.
pub(super) struct Reckoned {
    groups: Groups,
    totals: Vec<Totals>,
}

/// Which columns are read, and what is made of them: positions among those that are read.
struct Plan {
    columns: Vec<Wanted>,
    keys: Vec<usize>,
    measures: Vec<Option<usize>>,
}

impl Plan {
    fn new(schema: &Schema, keys: &[&str], measures: &[Measure]) -> Outcome<Self> {
        let mut columns: Vec<Wanted> = Vec::new();
        let mut read = |name: &str, as_key: bool| -> Outcome<usize> {
            let position = schema.column(name);
            let position = position.ok_or_else(|| Cause::Schema(format!("there is no column `{name}`")))?;
            if let Some(at) = columns.iter().position(|known| known.position == position) {
                columns[at].as_key &= as_key;
                return Ok(at);
            }
            columns.push(Wanted { position, as_key });
            Ok(columns.len() - 1)
        };
        let keys = keys.iter().map(|name| read(name, true)).collect::<Outcome<_>>()?;
        let measures = measures
            .iter()
            .map(|measure| {
                let as_key = measure.function == Function::CountDistinct;
                measure.column.map(|name| read(name, as_key)).transpose()
            })
            .collect::<Outcome<_>>()?;
        Ok(Self { columns, keys, measures })
    }
}

impl Reckoned {
    pub(super) fn run<T: Collection>(
        analyze: &Analyze<'_, T>,
        keys: &[&str],
        measures: &[Measure],
    ) -> Outcome<Self> {
        let plan = Plan::new(T::SCHEMA, keys, measures)?;
        let mut groups = Groups::new(keys.len());
        let mut totals: Vec<Totals> = measures
            .iter()
            .zip(&plan.measures)
            .map(|(measure, column)| {
                let kind = column.map(|at| T::SCHEMA.columns[plan.columns[at].position].kind);
                Totals::new(measure.function, kind.map(DataType::of))
            })
            .collect();
        batches::each(analyze, &plan.columns, &mut |columns, places| {
            let keys: Vec<&Values> = plan.keys.iter().map(|&at| &columns[at]).collect();
            let numbers = groups.of(&keys, places);
            let members = Members { places, groups: &numbers, count: groups.len() };
            totals
                .iter_mut()
                .zip(&plan.measures)
                .try_for_each(|(totals, column)| totals.add(column.map(|at| &columns[at]), members))
        })?;
        Ok(Self { groups, totals })
    }

    /// What a group comes to.
    pub(super) fn totals(&self, group: usize) -> impl Iterator<Item = Total> + '_ {
        self.totals.iter().map(move |totals| totals.total(group))
    }

    /// The groups with their values: in the order of these, or the `top` ones by the first aggregate.
    pub(super) fn in_order(&self, top: Option<usize>) -> Vec<(Vec<Value>, usize)> {
        let mut groups: Vec<(Vec<Value>, usize)> =
            (0..self.groups.len()).map(|group| (self.groups.key(group), group)).collect();
        groups.sort_by(|(a, _), (b, _)| key_order(a, b));
        if let (Some(top), Some(first)) = (top, self.totals.first()) {
            groups.sort_by_cached_key(|(_, group)| std::cmp::Reverse(Ranked(first.total(*group))));
            groups.truncate(top);
        }
        groups
    }
}

/// A total by its rank.
struct Ranked(Total);

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        totals::order(&self.0, &other.0)
    }
}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ranked {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Ranked {}

/// The order of two keys, NULL before all others.
fn key_order(a: &[Value], b: &[Value]) -> Ordering {
    a.iter()
        .zip(b)
        .map(|(a, b)| order_of_values(a.as_ref(), b.as_ref()))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}
