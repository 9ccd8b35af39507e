//! What documents are grouped by: a column, or several.

use crate::{error::Cause, filter::Col, schema::Column, value::Value};

/// A column, or a tuple of up to four.
pub trait Keys<T> {
    /// What a group is told by: the value of the column, or a tuple of values.
    type Values;

    #[doc(hidden)]
    fn columns(&self) -> Vec<&'static str>;

    #[doc(hidden)]
    fn values(&self, values: &mut dyn Iterator<Item = Value>) -> Result<Self::Values, Cause>;
}

impl<T, V: Column> Keys<T> for Col<T, V> {
    type Values = V;

    fn columns(&self) -> Vec<&'static str> {
        vec![self.name()]
    }

    fn values(&self, values: &mut dyn Iterator<Item = Value>) -> Result<V, Cause> {
        Ok(V::load(values.next().unwrap_or(Value::Null).as_ref())?)
    }
}

macro_rules! tuples {
    ($($name:ident),*) => {
        #[allow(non_snake_case)] // each column is called as its type
        impl<T, $($name: Column),*> Keys<T> for ($(Col<T, $name>,)*) {
            type Values = ($($name,)*);

            fn columns(&self) -> Vec<&'static str> {
                let ($($name,)*) = self;
                vec![$($name.name()),*]
            }

            fn values(&self, values: &mut dyn Iterator<Item = Value>) -> Result<Self::Values, Cause> {
                let ($($name,)*) = self;
                Ok(($($name.values(values)?,)*))
            }
        }
    };
}

tuples!(A);
tuples!(A, B);
tuples!(A, B, C);
tuples!(A, B, C, D);
