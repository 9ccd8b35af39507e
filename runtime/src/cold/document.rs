//! Rows of the lake as documents of a struct: columns by name, fills where a column is younger than a row.

use std::collections::BTreeMap;

use crate::{
    filter::Predicate,
    schema::{Collection, Schema as Declared},
    value::{Row, Value, ValueError, ValueRef},
};

use super::{
    error::Result,
    iceberg::Schema,
    mapping::{Mapped, MappingError, Role},
    parquet::BatchRows,
};

/// Where the columns of a struct are in the rows of a table.
#[derive(Clone, Debug)]
pub(crate) struct Columns(Vec<Source>);

#[derive(Clone, Debug)]
struct Source {
    /// The place among the columns that are read.
    place: Option<usize>,
    /// What stands in for NULL.
    fill: Value,
    /// What stands in rows that are older than the column.
    missing: Value,
}

impl Columns {
    /// Those of a projection.
    pub(crate) fn new(mapped: &Mapped, projection: &Schema, role: Role) -> Result<Self> {
        let sources = mapped.schema.columns.iter().map(|column| {
            let place = projection.fields.iter().position(|field| field.name == column.name);
            let missing = column.fill.clone().unwrap_or(Value::Null);
            let fill = if place.is_none() || !column.nullable { missing.clone() } else { Value::Null };
            if place.is_none() && fill == Value::Null && !column.nullable {
                let name = role.table(&mapped.schema.name);
                return Err(MappingError::Missing { name, column: column.name.clone() }.into());
            }
            Ok(Source { place, fill, missing })
        });
        Ok(Self(sources.collect::<Result<_>>()?))
    }

    /// What stands in rows of files that lack a column, by the columns' ids.
    pub(crate) fn fills(&self, projection: &Schema) -> BTreeMap<i32, Value> {
        let placed =
            self.0.iter().filter_map(|source| Some((projection.fields[source.place?].id, &source.missing)));
        placed.filter(|(_, fill)| **fill != Value::Null).map(|(id, fill)| (id, fill.clone())).collect()
    }

    /// The part of a predicate that can be tested on the rows as they are stored; the other part is about columns with
    /// fills.
    pub(crate) fn stored_part(&self, predicate: &Predicate, schema: &Declared) -> Predicate {
        let terms = match predicate {
            Predicate::And(terms) => terms.clone(),
            other => vec![other.clone()],
        };
        Predicate::And(terms.into_iter().filter(|term| self.is_stored(term, schema)).collect())
    }

    /// Whether a predicate is about columns that are as they are stored.
    pub(crate) fn is_stored(&self, predicate: &Predicate, schema: &Declared) -> bool {
        match predicate {
            Predicate::And(terms) | Predicate::Or(terms) => {
                terms.iter().all(|term| self.is_stored(term, schema))
            }
            Predicate::Not(term) => self.is_stored(term, schema),
            Predicate::Compare { column, .. }
            | Predicate::In { column, .. }
            | Predicate::IsNull { column }
            | Predicate::Text { column, .. } => schema.column(column).is_none_or(|at| {
                let source = &self.0[at];
                source.place.is_some() && source.fill == Value::Null
            }),
        }
    }

    /// A row as the struct has it.
    pub(crate) fn row<'r>(&'r self, row: &'r BatchRows<'r>) -> impl Row + 'r {
        Document { columns: self, row }
    }

    /// A document.
    pub(crate) fn read<T: Collection>(&self, row: &BatchRows<'_>) -> Result<T> {
        Ok(T::read(&self.row(row))?)
    }
}

struct Document<'r> {
    columns: &'r Columns,
    row: &'r BatchRows<'r>,
}

impl Row for Document<'_> {
    fn len(&self) -> usize {
        self.columns.0.len()
    }

    fn value(&self, column: usize) -> std::result::Result<ValueRef<'_>, ValueError> {
        let source = &self.columns.0[column];
        let value = match source.place {
            Some(place) => self.row.value(place)?,
            None => ValueRef::Null,
        };
        Ok(if value == ValueRef::Null { source.fill.as_ref() } else { value })
    }
}

/// Whether a predicate is about some columns of the struct alone.
pub(crate) fn is_about(predicate: &Predicate, schema: &Declared, columns: &[usize]) -> bool {
    match predicate {
        Predicate::And(terms) | Predicate::Or(terms) => {
            !terms.is_empty() && terms.iter().all(|term| is_about(term, schema, columns))
        }
        Predicate::Not(term) => is_about(term, schema, columns),
        Predicate::Compare { column, .. }
        | Predicate::In { column, .. }
        | Predicate::IsNull { column }
        | Predicate::Text { column, .. } => schema.column(column).is_some_and(|at| columns.contains(&at)),
    }
}
