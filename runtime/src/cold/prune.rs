//! What cannot match is not read: a predicate against what manifest lists and manifests say of files.
//!
//! Every answer is inclusive: a file that holds a row for which the predicate is true is never left out.

use crate::{
    filter::{Comparison, Place, Predicate},
    schema::types::unscaled_of_sortable,
    value::Value,
};

use super::iceberg::{BoundField, DataFile, Datum, Field, ManifestFile, Schema, Type, may_hold};

/// What is known of the values of columns in many rows.
trait Facts {
    /// Whether a value may stand so to `literal`.
    fn may_hold(&self, field: &Field, comparison: Comparison, literal: &Datum) -> bool;
    /// Whether a value may be NULL.
    fn may_be_null(&self, field: &Field) -> bool;
    /// Whether a value may be there.
    fn may_be_set(&self, field: &Field) -> bool;
}

/// A predicate on the columns of a table.
pub(crate) struct Pruner<'p> {
    predicate: &'p Predicate,
    schema: &'p Schema,
}

impl<'p> Pruner<'p> {
    pub(crate) fn new(predicate: &'p Predicate, schema: &'p Schema) -> Self {
        Self { predicate, schema }
    }

    /// Whether a file of this partition may hold a row for which the predicate is true.
    pub(crate) fn file(&self, file: &DataFile, partition: &[BoundField<'_>]) -> bool {
        self.may_be(self.predicate, true, &FileFacts { file, partition })
    }

    /// Whether a manifest may list such a file.
    pub(crate) fn manifest(&self, manifest: &ManifestFile, partition: &[BoundField<'_>]) -> bool {
        self.may_be(self.predicate, true, &ManifestFacts { manifest, partition })
    }

    /// Whether a predicate may be true of a row, or false.
    fn may_be(&self, predicate: &Predicate, verdict: bool, facts: &dyn Facts) -> bool {
        match predicate {
            Predicate::And(terms) if verdict => terms.iter().all(|term| self.may_be(term, true, facts)),
            Predicate::And(terms) => terms.iter().any(|term| self.may_be(term, false, facts)),
            Predicate::Or(terms) if verdict => terms.iter().any(|term| self.may_be(term, true, facts)),
            Predicate::Or(terms) => terms.iter().all(|term| self.may_be(term, false, facts)),
            Predicate::Not(term) => self.may_be(term, !verdict, facts),
            Predicate::Compare { column, comparison, value } => {
                let comparison = if verdict { *comparison } else { opposite(*comparison) };
                self.column(column, |field| may_compare(facts, field, comparison, value))
            }
            Predicate::In { values, .. } if values.is_empty() => !verdict,
            Predicate::In { column, values } => self.column(column, |field| {
                let one = || values.iter().any(|value| may_compare(facts, field, Comparison::Eq, value));
                if verdict { one() } else { facts.may_be_set(field) }
            }),
            Predicate::IsNull { column } => {
                self.column(
                    column,
                    |field| {
                        if verdict { facts.may_be_null(field) } else { facts.may_be_set(field) }
                    },
                )
            }
            Predicate::Text { column, place, part } => self.column(column, |field| {
                let start = Datum::String(part.clone());
                let begins = verdict && *place == Place::Start;
                facts.may_be_set(field) && (!begins || may_begin(facts, field, &start))
            }),
        }
    }

    /// What of a column that the table does not have is not known here.
    fn column(&self, name: &str, may: impl FnOnce(&Field) -> bool) -> bool {
        self.schema.field(name).is_none_or(may)
    }
}

/// Whether a text may begin so: none that does is less than its beginning, and none is greater than every text that does.
fn may_begin(facts: &dyn Facts, field: &Field, start: &Datum) -> bool {
    let Datum::String(text) = start else { return true };
    let above = Datum::String(format!("{text}\u{10FFFF}")).truncate_upper(text.chars().count());
    facts.may_hold(field, Comparison::Ge, start)
        && above.is_none_or(|above| facts.may_hold(field, Comparison::Lt, &above))
}

fn may_compare(facts: &dyn Facts, field: &Field, comparison: Comparison, value: &Value) -> bool {
    if *value == Value::Null {
        return false;
    }
    facts.may_be_set(field)
        && literal(value, &field.kind).is_none_or(|literal| facts.may_hold(field, comparison, &literal))
}

fn opposite(comparison: Comparison) -> Comparison {
    match comparison {
        Comparison::Eq => Comparison::Ne,
        Comparison::Ne => Comparison::Eq,
        Comparison::Lt => Comparison::Ge,
        Comparison::Le => Comparison::Gt,
        Comparison::Gt => Comparison::Le,
        Comparison::Ge => Comparison::Lt,
    }
}

/// A value of a filter as one of a column; none when it is of another kind.
pub(crate) fn literal(value: &Value, kind: &Type) -> Option<Datum> {
    Some(match (value, kind) {
        (Value::Integer(integer), Type::Boolean) if (0..=1).contains(integer) => Datum::Bool(*integer == 1),
        (Value::Integer(integer), Type::Int) => {
            i32::try_from(*integer).map_or(Datum::Long(*integer), Datum::Int)
        }
        (Value::Integer(integer), Type::Long) => Datum::Long(*integer),
        (Value::Integer(integer), Type::Date) => Datum::Date(i32::try_from(*integer).ok()?),
        (Value::Integer(integer), Type::Timestamp | Type::Timestamptz) => Datum::Timestamp(*integer),
        (Value::Integer(integer), Type::Decimal { .. }) => Datum::Decimal(i128::from(*integer)),
        (Value::Text(text), Type::Decimal { .. }) => Datum::Decimal(unscaled_of_sortable(text)?),
        (Value::Real(real), Type::Float | Type::Double) => Datum::Double(*real),
        (Value::Text(text), Type::String) => Datum::String(text.clone()),
        (Value::Blob(bytes), Type::Uuid) => Datum::Uuid(bytes.as_slice().try_into().ok()?),
        (Value::Blob(bytes), Type::Binary | Type::Fixed(_)) => Datum::Binary(bytes.clone()),
        _ => return None,
    })
}

struct FileFacts<'f> {
    file: &'f DataFile,
    partition: &'f [BoundField<'f>],
}

impl FileFacts<'_> {
    /// The partition fields that are made from a column, with their values.
    fn partitions<'s>(
        &'s self,
        field: &'s Field,
    ) -> impl Iterator<Item = (&'s BoundField<'s>, Option<&'s Datum>)> {
        let all = self.partition.iter().zip(&self.file.partition);
        all.filter(|(of, _)| of.source_id == field.id).map(|(of, value)| (of, value.as_ref()))
    }

    /// The values and the NULLs of a column, where both are counted.
    fn counts(&self, field: &Field) -> Option<(i64, i64)> {
        Some((*self.file.value_counts.get(&field.id)?, *self.file.null_value_counts.get(&field.id)?))
    }
}

impl Facts for FileFacts<'_> {
    fn may_hold(&self, field: &Field, comparison: Comparison, literal: &Datum) -> bool {
        let bound = |bounds: &std::collections::BTreeMap<i32, Vec<u8>>| {
            bounds.get(&field.id).and_then(|bytes| Datum::from_bytes(&field.kind, bytes).ok())
        };
        let (lower, upper) = (bound(&self.file.lower_bounds), bound(&self.file.upper_bounds));
        may_hold(lower.as_ref(), upper.as_ref(), comparison, literal)
            && self.partitions(field).all(|(of, value)| of.transform.may_match(value, comparison, literal))
    }

    fn may_be_null(&self, field: &Field) -> bool {
        self.counts(field).is_none_or(|(_, nulls)| nulls > 0)
            && self.partitions(field).all(|(of, value)| of.transform.may_be_null(value))
    }

    /// A file that has no such column may be read with a fill in its place.
    fn may_be_set(&self, field: &Field) -> bool {
        self.counts(field).is_none_or(|(values, nulls)| values == 0 || nulls < values)
            && self.partitions(field).all(|(of, value)| of.transform.may_be_set(value))
    }
}

struct ManifestFacts<'m> {
    manifest: &'m ManifestFile,
    partition: &'m [BoundField<'m>],
}

impl ManifestFacts<'_> {
    fn partitions<'s>(
        &'s self,
        field: &'s Field,
    ) -> impl Iterator<Item = (&'s BoundField<'s>, &'s super::iceberg::FieldSummary)> {
        self.partition.iter().zip(&self.manifest.partitions).filter(|(of, _)| of.source_id == field.id)
    }
}

impl Facts for ManifestFacts<'_> {
    fn may_hold(&self, field: &Field, comparison: Comparison, literal: &Datum) -> bool {
        self.partitions(field).all(|(of, summary)| {
            let bound = |bytes: &Option<Vec<u8>>| {
                bytes.as_ref().and_then(|bytes| Datum::from_bytes(&of.kind, bytes).ok())
            };
            let (lower, upper) = (bound(&summary.lower_bound), bound(&summary.upper_bound));
            of.transform.may_match_within(lower.as_ref(), upper.as_ref(), comparison, literal)
        })
    }

    fn may_be_null(&self, field: &Field) -> bool {
        self.partitions(field).all(|(of, summary)| summary.contains_null || of.transform.may_be_null(None))
    }

    fn may_be_set(&self, _: &Field) -> bool {
        true
    }
}
