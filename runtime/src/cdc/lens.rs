//! Reading events that were written under an earlier schema: their rows as the present schema has them.
//!
//! It does to a row what the migrations did to the table (invariant 3), step by step through every schema between:
//! a column that was dropped and came back later is a new column.

use crate::{
    schema::StoredSchema,
    value::{Value, ValueRef},
};

/// Where each column of the later schema comes from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Lens(Vec<Source>);

/// Where one column comes from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Source {
    /// The position in the earlier row.
    pub(crate) earlier: Option<usize>,
    /// What stands in for a missing value.
    fill: Value,
    /// Whether a NULL in the earlier row is a missing value too: the column became required.
    fill_null: bool,
}

impl Lens {
    /// The lens of a row that is of the present schema already.
    pub(crate) fn identity(columns: usize) -> Self {
        let same = |at| Source { earlier: Some(at), fill: Value::Null, fill_null: false };
        Self((0..columns).map(same).collect())
    }

    /// The lens of one migration.
    pub(crate) fn between(earlier: &StoredSchema, later: &StoredSchema) -> Self {
        let source = |column| Source {
            earlier: earlier.predecessor(column, later),
            fill: column.fill.clone().unwrap_or(Value::Null),
            fill_null: !column.nullable,
        };
        Self(later.columns.iter().map(source).collect())
    }

    /// This lens, and then another.
    pub(crate) fn then(&self, next: &Self) -> Self {
        let compose = |source: &Source| match source.earlier {
            None => source.clone(),
            Some(at) => self.0[at].filled(source),
        };
        Self(next.0.iter().map(compose).collect())
    }

    /// The row as the later schema has it.
    pub(crate) fn apply<'v>(&'v self, row: &[ValueRef<'v>]) -> Vec<ValueRef<'v>> {
        self.0.iter().map(|source| source.read(row)).collect()
    }

    /// Whether it leaves every row as it is.
    pub(crate) fn is_identity(&self) -> bool {
        self.0.iter().enumerate().all(|(at, source)| source.earlier == Some(at) && !source.fill_null)
    }

    pub(crate) fn sources(&self) -> &[Source] {
        &self.0
    }
}

impl Source {
    fn read<'v>(&'v self, row: &[ValueRef<'v>]) -> ValueRef<'v> {
        match self.earlier.map(|at| row[at]) {
            None => self.fill.as_ref(),
            Some(ValueRef::Null) if self.fill_null => self.fill.as_ref(),
            Some(value) => value,
        }
    }

    /// This source, read through `later`.
    fn filled(&self, later: &Source) -> Self {
        let mut source = self.clone();
        let untouched = source.earlier.is_some() && !source.fill_null;
        if later.fill_null && (untouched || source.fill == Value::Null) {
            source.fill = later.fill.clone();
        }
        source.fill_null |= later.fill_null;
        source
    }

    /// What stands in for a NULL of the earlier row, if anything does.
    pub(crate) fn null_fill(&self) -> Option<&Value> {
        (self.earlier.is_some() && self.fill_null && self.fill != Value::Null).then_some(&self.fill)
    }

    /// What the column holds where the earlier schema had none.
    pub(crate) fn new_fill(&self) -> &Value {
        &self.fill
    }
}
