//! The one filter of every tier: a plain, serialisable [`Predicate`] and the typed column handles that build it.
//!
//! Knows `schema` and `value`. The meaning is SQL's: a comparison with a missing value is neither true nor false, and
//! a document is found when the whole predicate is true.

use std::{borrow::Cow, cmp::Ordering, fmt, marker::PhantomData};

use serde::{Deserialize, Serialize};

use crate::{
    schema::{Collection, Column, FieldError, Operand, Schema},
    value::{Row, RowBuf, Value, ValueError, ValueRef},
};

/// A condition on the columns of a document, without types: what is sent, stored and translated for each tier.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Predicate {
    /// Every one of them; true when there is none.
    And(Vec<Predicate>),
    /// At least one of them; false when there is none.
    Or(Vec<Predicate>),
    /// The opposite; of unknown, unknown.
    Not(Box<Predicate>),
    /// A column against a value.
    Compare {
        /// The column's name.
        column: Cow<'static, str>,
        /// How they stand to each other.
        comparison: Comparison,
        /// The value.
        value: Value,
    },
    /// A column is one of the values.
    In {
        /// The column's name.
        column: Cow<'static, str>,
        /// The values.
        values: Vec<Value>,
    },
    /// A column is NULL.
    IsNull {
        /// The column's name.
        column: Cow<'static, str>,
    },
    /// A text column against a part of a text; upper and lower case differ.
    Text {
        /// The column's name.
        column: Cow<'static, str>,
        /// Where the part has to stand.
        place: Place,
        /// The part.
        part: String,
    },
}

/// How a column stands to a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Comparison {
    /// Equal.
    Eq,
    /// Not equal.
    Ne,
    /// Less.
    Lt,
    /// Less or equal.
    Le,
    /// Greater.
    Gt,
    /// Greater or equal.
    Ge,
}

/// Where a part of a text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// Anywhere.
    Anywhere,
    /// At the beginning.
    Start,
    /// At the end.
    End,
}

/// A condition on documents of `T`.
///
/// ```
/// # use terrace::prelude::*;
/// #[derive(Collection)]
/// struct City { #[id] name: String, people: i64, mayor: Option<String> }
///
/// let large = City::COLUMNS.people.ge(1_000_000).and(City::COLUMNS.mayor.is_some());
/// let bonn = City { name: "Bonn".into(), people: 330_000, mayor: None };
/// assert!(!large.matches(&bonn)?);
/// # Ok::<(), terrace::StorageError>(())
/// ```
#[must_use = "a filter does nothing by itself; give it to `find`"]
pub struct Filter<T> {
    predicate: Result<Predicate, FieldError>,
    of: PhantomData<fn(T)>,
}

/// A column of `T` that holds a `V`: what the closures of `find` and `order_by` get, as fields of one struct.
pub struct Col<T, V> {
    name: &'static str,
    of: PhantomData<fn(T) -> V>,
}

/// A column and a direction to sort by.
#[must_use = "an order does nothing by itself; give it to `order_by`"]
pub struct OrderBy<T> {
    /// The column.
    pub(crate) column: &'static str,
    /// Whether the greatest comes first.
    pub(crate) descending: bool,
    of: PhantomData<fn(T)>,
}

impl<T> Filter<T> {
    /// Every document.
    pub fn all() -> Self {
        Self::of(Predicate::And(Vec::new()))
    }

    fn of(predicate: Predicate) -> Self {
        Self { predicate: Ok(predicate), of: PhantomData }
    }

    /// Both conditions.
    pub fn and(self, other: Self) -> Self {
        self.join(
            other,
            |predicate| match predicate {
                Predicate::And(terms) => Ok(terms),
                other => Err(other),
            },
            Predicate::And,
        )
    }

    /// One of the conditions, or both.
    pub fn or(self, other: Self) -> Self {
        self.join(
            other,
            |predicate| match predicate {
                Predicate::Or(terms) => Ok(terms),
                other => Err(other),
            },
            Predicate::Or,
        )
    }

    /// The opposite. A comparison with a missing value is neither true nor false, and so is its opposite.
    #[allow(clippy::should_implement_trait)] // reads as the other methods do, and `!` is there too
    pub fn not(self) -> Self {
        Self {
            predicate: self.predicate.map(|predicate| Predicate::Not(Box::new(predicate))),
            of: PhantomData,
        }
    }

    /// Joins two conditions, flat where one is already such a list.
    fn join(
        self,
        other: Self,
        terms: fn(Predicate) -> Result<Vec<Predicate>, Predicate>,
        list: fn(Vec<Predicate>) -> Predicate,
    ) -> Self {
        let predicate = self.predicate.and_then(|left| {
            let mut all = terms(left).unwrap_or_else(|single| vec![single]);
            all.extend(terms(other.predicate?).unwrap_or_else(|single| vec![single]));
            Ok(list(all))
        });
        Self { predicate, of: PhantomData }
    }

    /// The condition without types.
    ///
    /// # Errors
    /// A value in it that no column can hold: NaN.
    pub fn into_predicate(self) -> Result<Predicate, FieldError> {
        self.predicate
    }
}

impl<T> std::ops::Not for Filter<T> {
    type Output = Self;

    fn not(self) -> Self {
        Filter::not(self)
    }
}

impl<T: Collection> Filter<T> {
    /// Whether the document is one that `find` with this filter returns.
    ///
    /// # Errors
    /// A value of the filter or of the document that cannot be stored.
    pub fn matches(&self, document: &T) -> Result<bool, FieldError> {
        let mut row = RowBuf::new();
        document.write(&mut row)?;
        let predicate = self.predicate.as_ref().map_err(Clone::clone)?;
        let verdict = predicate.test(T::SCHEMA, &row).map_err(|source| FieldError { column: "", source })?;
        Ok(verdict == Some(true))
    }
}

impl Predicate {
    /// Whether it holds for a row of `schema`: true, false, or unknown. A column that the schema lacks is NULL.
    ///
    /// # Errors
    /// Text of the row that is not UTF-8.
    pub fn test(&self, schema: &Schema, row: &dyn Row) -> Result<Option<bool>, ValueError> {
        let cell = |column: &str| match schema.column(column) {
            Some(position) => row.value(position),
            None => Ok(ValueRef::Null),
        };
        Ok(match self {
            Self::And(terms) => any(terms, false, schema, row)?,
            Self::Or(terms) => any(terms, true, schema, row)?,
            Self::Not(term) => term.test(schema, row)?.map(|verdict| !verdict),
            Self::Compare { column, .. }
            | Self::In { column, .. }
            | Self::IsNull { column }
            | Self::Text { column, .. } => self.test_value(cell(column)?),
        })
    }

    /// As [`Predicate::test`] of a condition on one column, for a value of it.
    pub(crate) fn test_value(&self, cell: ValueRef<'_>) -> Option<bool> {
        match self {
            Self::Compare { comparison, value, .. } => {
                compare(cell, value.as_ref()).map(|order| comparison.holds(order))
            }
            Self::In { values, .. } => contains(cell, values),
            Self::IsNull { .. } => Some(cell == ValueRef::Null),
            Self::Text { place, part, .. } => match cell {
                ValueRef::Text(text) => Some(place.holds(text, part)),
                _ => None,
            },
            Self::And(_) | Self::Or(_) | Self::Not(_) => None,
        }
    }
}

/// Whether any term gives `verdict`; else unknown if any is unknown; else the opposite.
fn any(
    terms: &[Predicate],
    verdict: bool,
    schema: &Schema,
    row: &dyn Row,
) -> Result<Option<bool>, ValueError> {
    let mut unknown = false;
    for term in terms {
        match term.test(schema, row)? {
            Some(found) if found == verdict => return Ok(Some(verdict)),
            Some(_) => {}
            None => unknown = true,
        }
    }
    Ok(if unknown { None } else { Some(!verdict) })
}

fn contains(cell: ValueRef<'_>, values: &[Value]) -> Option<bool> {
    if values.is_empty() {
        return Some(false);
    }
    if cell == ValueRef::Null {
        return None;
    }
    Some(values.iter().any(|value| compare(cell, value.as_ref()) == Some(Ordering::Equal)))
}

/// The order of two values of one storage class, as SQLite has it; none with a NULL.
pub(crate) fn compare(a: ValueRef<'_>, b: ValueRef<'_>) -> Option<Ordering> {
    match (a, b) {
        (ValueRef::Integer(a), ValueRef::Integer(b)) => Some(a.cmp(&b)),
        (ValueRef::Real(a), ValueRef::Real(b)) => a.partial_cmp(&b),
        (ValueRef::Text(a), ValueRef::Text(b)) => Some(a.cmp(b)),
        (ValueRef::Blob(a), ValueRef::Blob(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

impl Comparison {
    pub(crate) fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Eq => order.is_eq(),
            Self::Ne => order.is_ne(),
            Self::Lt => order.is_lt(),
            Self::Le => order.is_le(),
            Self::Gt => order.is_gt(),
            Self::Ge => order.is_ge(),
        }
    }
}

impl Place {
    pub(crate) fn holds(self, text: &str, part: &str) -> bool {
        match self {
            Self::Anywhere => text.contains(part),
            Self::Start => text.starts_with(part),
            Self::End => text.ends_with(part),
        }
    }
}

impl<T, V> Col<T, V> {
    /// The handle of the column called `name`: for generated code.
    #[doc(hidden)]
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self { name, of: PhantomData }
    }

    /// The column's name in SQL.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Documents that have no value here.
    pub fn is_none(self) -> Filter<T> {
        Filter::of(Predicate::IsNull { column: self.name.into() })
    }

    /// Documents that have a value here.
    pub fn is_some(self) -> Filter<T> {
        self.is_none().not()
    }
}

impl<T, V: Column> Col<T, V> {
    fn compare(self, comparison: Comparison, value: &impl Operand<V::Base>) -> Filter<T> {
        let predicate =
            self.value(value).map(|value| Predicate::Compare { column: self.name.into(), comparison, value });
        Filter { predicate, of: PhantomData }
    }

    fn value(self, value: &impl Operand<V::Base>) -> Result<Value, FieldError> {
        let mut row = RowBuf::new();
        value
            .store(&mut row)
            .and_then(|()| row.value(0).map(ValueRef::to_owned))
            .map_err(|source| FieldError { column: self.name, source })
    }

    /// Equal to `value`.
    pub fn eq(self, value: impl Operand<V::Base>) -> Filter<T> {
        self.compare(Comparison::Eq, &value)
    }

    /// There, and not equal to `value`.
    pub fn ne(self, value: impl Operand<V::Base>) -> Filter<T> {
        self.compare(Comparison::Ne, &value)
    }

    /// Less than `value`.
    pub fn lt(self, value: impl Operand<V::Base>) -> Filter<T> {
        self.compare(Comparison::Lt, &value)
    }

    /// Less than `value`, or equal.
    pub fn le(self, value: impl Operand<V::Base>) -> Filter<T> {
        self.compare(Comparison::Le, &value)
    }

    /// Greater than `value`.
    pub fn gt(self, value: impl Operand<V::Base>) -> Filter<T> {
        self.compare(Comparison::Gt, &value)
    }

    /// Greater than `value`, or equal.
    pub fn ge(self, value: impl Operand<V::Base>) -> Filter<T> {
        self.compare(Comparison::Ge, &value)
    }

    /// From `low` to `high`, both included.
    pub fn between(self, low: impl Operand<V::Base>, high: impl Operand<V::Base>) -> Filter<T> {
        self.ge(low).and(self.le(high))
    }

    /// One of `values`, of which there may be any number.
    pub fn is_in<O: Operand<V::Base>>(self, values: impl IntoIterator<Item = O>) -> Filter<T> {
        let values: Result<Vec<Value>, FieldError> =
            values.into_iter().map(|value| self.value(&value)).collect();
        let predicate = values.map(|values| Predicate::In { column: self.name.into(), values });
        Filter { predicate, of: PhantomData }
    }

    /// The least first; documents without a value before all others.
    pub fn asc(self) -> OrderBy<T> {
        OrderBy { column: self.name, descending: false, of: PhantomData }
    }

    /// The greatest first; documents without a value after all others.
    pub fn desc(self) -> OrderBy<T> {
        OrderBy { column: self.name, descending: true, of: PhantomData }
    }
}

impl<T, V: Column<Base = String>> Col<T, V> {
    fn text(self, place: Place, part: &str) -> Filter<T> {
        Filter::of(Predicate::Text { column: self.name.into(), place, part: part.to_owned() })
    }

    /// Texts in which `part` stands somewhere; upper and lower case differ.
    pub fn contains(self, part: &str) -> Filter<T> {
        self.text(Place::Anywhere, part)
    }

    /// Texts that begin with `part`; upper and lower case differ.
    pub fn starts_with(self, part: &str) -> Filter<T> {
        self.text(Place::Start, part)
    }

    /// Texts that end with `part`; upper and lower case differ.
    pub fn ends_with(self, part: &str) -> Filter<T> {
        self.text(Place::End, part)
    }
}

impl<T, V> Clone for Col<T, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, V> Copy for Col<T, V> {}

impl<T, V> fmt::Debug for Col<T, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Col({})", self.name)
    }
}

impl<T> Clone for Filter<T> {
    fn clone(&self) -> Self {
        Self { predicate: self.predicate.clone(), of: PhantomData }
    }
}

impl<T> fmt::Debug for Filter<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.predicate.fmt(f)
    }
}

impl<T> fmt::Debug for OrderBy<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OrderBy({}{})", self.column, if self.descending { " desc" } else { "" })
    }
}
