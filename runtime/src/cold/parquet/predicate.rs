//! A filter bound to the columns of a table: by id, and with values of the column's own kind.
//!
//! The meaning is that of [`Predicate::test`], of which the tests hold it to be a faster form.

use crate::{
    filter::{Comparison, Place, Predicate},
    schema::types::{sortable_text, unscaled_of_sortable},
    value::{Value, ValueRef},
};

use super::{
    super::iceberg::{Field, Schema, Type},
    scalar::{Order, Scalar},
};

/// A filter on the columns of a table, which it knows by their ids.
///
/// ```
/// # use terrace::{cold::{iceberg::{Field, Schema, Type}, parquet::BoundPredicate}, prelude::*};
/// #[derive(Collection)]
/// struct City { #[id] name: String, people: i64 }
///
/// # let field = |id, name: &str, kind| Field { id, name: name.into(), required: true, kind, doc: None };
/// let schema = Schema::new(0, vec![field(1, "name", Type::String), field(2, "people", Type::Long)]);
/// let large = City::COLUMNS.people.ge(1_000_000).into_predicate()?;
/// assert_eq!(BoundPredicate::new(&large, &schema).field_ids(), [2]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct BoundPredicate(pub(super) Node);

#[derive(Clone, Debug)]
pub(super) enum Node {
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
    /// The same for every row: `None` is unknown.
    Known(Option<bool>),
    Leaf(Leaf),
}

/// A condition on one column.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    /// The id of the column.
    pub(super) field: i32,
    /// Its type in the table.
    pub(super) kind: Type,
    pub(super) test: Test,
    /// What it was made of.
    predicate: Predicate,
}

/// What is asked of a value; of NULL, all but `IsNull` is unknown.
#[derive(Clone, Debug)]
pub(super) enum Test {
    IsNull,
    Compare(Comparison, Scalar),
    /// One of these, in order.
    In(Vec<Scalar>),
    Text(Place, String),
    /// Whatever [`Predicate::test_value`] says of each single value.
    Each,
}

impl BoundPredicate {
    /// Binds a filter to the columns of `schema` that have the names in it. A column that the schema lacks is NULL.
    #[must_use]
    pub fn new(predicate: &Predicate, schema: &Schema) -> Self {
        Self(bind(predicate, schema))
    }

    /// Every row.
    #[must_use]
    pub fn all() -> Self {
        Self(Node::Known(Some(true)))
    }

    /// The ids of the columns that are asked about, in order.
    #[must_use]
    pub fn field_ids(&self) -> Vec<i32> {
        let mut ids = Vec::new();
        self.0.each_leaf(&mut |leaf| ids.push(leaf.field));
        ids.sort_unstable();
        ids.dedup();
        ids
    }
}

fn bind(predicate: &Predicate, schema: &Schema) -> Node {
    match predicate {
        Predicate::And(terms) => Node::And(terms.iter().map(|term| bind(term, schema)).collect()),
        Predicate::Or(terms) => Node::Or(terms.iter().map(|term| bind(term, schema)).collect()),
        Predicate::Not(term) => Node::Not(Box::new(bind(term, schema))),
        Predicate::Compare { column, .. }
        | Predicate::In { column, .. }
        | Predicate::IsNull { column }
        | Predicate::Text { column, .. } => match schema.field(column) {
            Some(field) => leaf(predicate, field.id, &field.kind),
            None => Node::Known(predicate.test_value(ValueRef::Null)),
        },
    }
}

fn leaf(predicate: &Predicate, field: i32, kind: &Type) -> Node {
    let test = match predicate {
        Predicate::IsNull { .. } => Test::IsNull,
        Predicate::Compare { comparison, value, .. } => match operand(kind, value) {
            Operand::Scalar(scalar) => Test::Compare(*comparison, scalar),
            Operand::Text => Test::Each,
            Operand::Unlike => return Node::Known(None),
        },
        Predicate::In { values, .. } if values.is_empty() => return Node::Known(Some(false)),
        Predicate::In { values, .. } => contained(kind, values),
        Predicate::Text { place, part, .. } => match kind {
            Type::String => Test::Text(*place, part.clone()),
            Type::Decimal { precision: 19.., .. } => Test::Each,
            _ => return Node::Known(None),
        },
        Predicate::And(_) | Predicate::Or(_) | Predicate::Not(_) => return Node::Known(None),
    };
    Node::Leaf(Leaf { field, kind: kind.clone(), test, predicate: predicate.clone() })
}

/// Values unlike those of the column are never in it.
fn contained(kind: &Type, values: &[Value]) -> Test {
    let mut scalars = Vec::with_capacity(values.len());
    for value in values {
        match operand(kind, value) {
            Operand::Scalar(scalar) => scalars.push(scalar),
            Operand::Text => return Test::Each,
            Operand::Unlike => {}
        }
    }
    scalars.sort_by(Scalar::total_order);
    scalars.dedup();
    Test::In(scalars)
}

/// A value beside the values of a column.
enum Operand {
    /// It compares as they do.
    Scalar(Scalar),
    /// A text beside wide decimals that is not the form of one; they compare as texts.
    Text,
    /// It has no order with any of them.
    Unlike,
}

fn operand(kind: &Type, value: &Value) -> Operand {
    match (Order::of(kind), value) {
        (Order::Int, Value::Text(text)) => match kind {
            Type::Decimal { precision: precision @ 19.., .. } => wide(text, *precision),
            _ => Operand::Unlike,
        },
        (Order::Int, Value::Integer(_)) if matches!(kind, Type::Decimal { precision: 19.., .. }) => {
            Operand::Unlike
        }
        (Order::Int, Value::Integer(integer)) => Operand::Scalar(Scalar::Int(i128::from(*integer))),
        (Order::Real, Value::Real(real)) if !real.is_nan() => Operand::Scalar(Scalar::Real(*real)),
        (Order::Bytes, Value::Text(text)) if *kind == Type::String => {
            Operand::Scalar(Scalar::Bytes(text.as_bytes().to_vec()))
        }
        (Order::Bytes, Value::Blob(bytes)) if *kind != Type::String => {
            Operand::Scalar(Scalar::Bytes(bytes.clone()))
        }
        _ => Operand::Unlike,
    }
}

fn wide(text: &str, precision: u8) -> Operand {
    match unscaled_of_sortable(text) {
        Some(unscaled) if sortable_text(unscaled, precision) == text => {
            Operand::Scalar(Scalar::Int(unscaled))
        }
        _ => Operand::Text,
    }
}

impl Node {
    /// Calls `each` with every condition on a column.
    pub(super) fn each_leaf<'a>(&'a self, each: &mut impl FnMut(&'a Leaf)) {
        match self {
            Self::And(terms) | Self::Or(terms) => terms.iter().for_each(|term| term.each_leaf(each)),
            Self::Not(term) => term.each_leaf(each),
            Self::Leaf(leaf) => each(leaf),
            Self::Known(_) => {}
        }
    }

    /// The same, with what `known` says in the place of the conditions that it knows.
    pub(super) fn with_known(&self, known: &impl Fn(&Leaf) -> Option<Option<bool>>) -> Self {
        let all = |terms: &[Self]| terms.iter().map(|term| term.with_known(known)).collect();
        match self {
            Self::And(terms) => Self::And(all(terms)),
            Self::Or(terms) => Self::Or(all(terms)),
            Self::Not(term) => Self::Not(Box::new(term.with_known(known))),
            Self::Leaf(leaf) => known(leaf).map_or_else(|| self.clone(), Self::Known),
            Self::Known(verdict) => Self::Known(*verdict),
        }
    }
}

impl Leaf {
    /// The column that it asks about.
    pub(super) fn as_field(&self) -> Field {
        let name = match &self.predicate {
            Predicate::Compare { column, .. }
            | Predicate::In { column, .. }
            | Predicate::IsNull { column }
            | Predicate::Text { column, .. } => column.to_string(),
            Predicate::And(_) | Predicate::Or(_) | Predicate::Not(_) => String::new(),
        };
        Field { id: self.field, name, required: false, kind: self.kind.clone(), doc: None }
    }

    /// What it says of one value.
    pub(super) fn test_value(&self, value: ValueRef<'_>) -> Option<bool> {
        self.predicate.test_value(value)
    }
}
