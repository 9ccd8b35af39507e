//! Values of Avro, and what Rust makes of them.

use std::collections::BTreeMap;

use crate::cold::iceberg::{Datum, IcebergError, error::Outcome};

/// A value of Avro.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::cold::iceberg) enum Value {
    Null,
    Datum(Datum),
    List(Vec<Value>),
    Record(Record),
}

/// The fields of a record by their ids.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::cold::iceberg) struct Record(pub(super) Vec<(i32, Value)>);

impl Record {
    /// The record with this field too.
    #[must_use]
    pub(in crate::cold::iceberg) fn with(mut self, id: i32, value: impl Native) -> Self {
        self.0.push((id, value.into_value()));
        self
    }

    /// The record with this map too, whose keys and values have these ids.
    #[must_use]
    pub(in crate::cold::iceberg) fn with_map<T: Native + Clone>(
        self,
        [id, key, value]: [i32; 3],
        map: &BTreeMap<i32, T>,
    ) -> Self {
        let entry = |(k, v): (&i32, &T)| Record::default().with(key, *k).with(value, v.clone());
        let entries: Vec<Record> = map.iter().map(entry).collect();
        self.with(id, (!entries.is_empty()).then_some(entries))
    }

    /// The field of this id.
    pub(super) fn get(&self, id: i32) -> Option<&Value> {
        self.0.iter().find(|(of, _)| *of == id).map(|(_, value)| value)
    }

    /// Takes out the field of this id; none when it is missing or NULL.
    ///
    /// # Errors
    /// It is of another type.
    pub(in crate::cold::iceberg) fn optional<T: Native>(&mut self, id: i32) -> Outcome<Option<T>> {
        let Some(at) = self.0.iter().position(|(of, _)| *of == id) else { return Ok(None) };
        match self.0.swap_remove(at).1 {
            Value::Null => Ok(None),
            value => T::of_value(value)
                .map(Some)
                .ok_or_else(|| IcebergError::damaged(format!("the field {id} is of another type"))),
        }
    }

    /// Takes out the field of this id.
    ///
    /// # Errors
    /// It is missing, NULL, or of another type.
    pub(in crate::cold::iceberg) fn required<T: Native>(&mut self, id: i32) -> Outcome<T> {
        self.optional(id)?.ok_or_else(|| IcebergError::damaged(format!("the field {id} is missing")))
    }

    /// Takes out a map whose keys and values have these ids; empty when it is missing.
    ///
    /// # Errors
    /// It is no map of such values.
    pub(in crate::cold::iceberg) fn map<T: Native>(
        &mut self,
        [id, key, value]: [i32; 3],
    ) -> Outcome<BTreeMap<i32, T>> {
        let entries = self.optional::<Vec<Record>>(id)?.unwrap_or_default();
        let entry = |mut entry: Record| Ok((entry.required(key)?, entry.required(value)?));
        entries.into_iter().map(entry).collect()
    }

    /// The ids of the fields, in the order in which they were written.
    pub(in crate::cold::iceberg) fn ids(&self) -> impl Iterator<Item = i32> {
        self.0.iter().map(|(id, _)| *id)
    }
}

/// A type of Rust that stands for values of Avro.
pub(in crate::cold::iceberg) trait Native: Sized {
    fn into_value(self) -> Value;
    fn of_value(value: Value) -> Option<Self>;
}

/// Types that a [`Datum`] holds.
macro_rules! native {
    ($($kind:ty: $variant:ident),*) => {$(
        impl Native for $kind {
            fn into_value(self) -> Value {
                Value::Datum(Datum::$variant(self))
            }

            fn of_value(value: Value) -> Option<Self> {
                if let Value::Datum(Datum::$variant(value)) = value { Some(value) } else { None }
            }
        }
    )*};
}

native!(bool: Bool, String: String, Vec<u8>: Binary);

impl Native for i32 {
    fn into_value(self) -> Value {
        Value::Datum(Datum::Int(self))
    }

    // some writers take a long where the specification has an int
    fn of_value(value: Value) -> Option<Self> {
        i64::of_value(value)?.try_into().ok()
    }
}

impl Native for i64 {
    fn into_value(self) -> Value {
        Value::Datum(Datum::Long(self))
    }

    fn of_value(value: Value) -> Option<Self> {
        match value {
            Value::Datum(Datum::Long(value)) => Some(value),
            Value::Datum(Datum::Int(value)) => Some(value.into()),
            _ => None,
        }
    }
}

impl Native for Datum {
    fn into_value(self) -> Value {
        Value::Datum(self)
    }

    fn of_value(value: Value) -> Option<Self> {
        if let Value::Datum(value) = value { Some(value) } else { None }
    }
}

impl Native for Record {
    fn into_value(self) -> Value {
        Value::Record(self)
    }

    fn of_value(value: Value) -> Option<Self> {
        if let Value::Record(record) = value { Some(record) } else { None }
    }
}

impl<T: Native> Native for Vec<T>
where
    T: Listed,
{
    fn into_value(self) -> Value {
        Value::List(self.into_iter().map(T::into_value).collect())
    }

    fn of_value(value: Value) -> Option<Self> {
        if let Value::List(items) = value { items.into_iter().map(T::of_value).collect() } else { None }
    }
}

/// What stands in lists, which bytes do not.
pub(in crate::cold::iceberg) trait Listed {}

impl Listed for i32 {}
impl Listed for i64 {}
impl Listed for Record {}

impl<T: Native> Native for Option<T> {
    fn into_value(self) -> Value {
        self.map_or(Value::Null, T::into_value)
    }

    fn of_value(value: Value) -> Option<Self> {
        if value == Value::Null { Some(None) } else { T::of_value(value).map(Some) }
    }
}
