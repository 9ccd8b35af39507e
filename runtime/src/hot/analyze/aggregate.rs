//! What is reckoned over many documents: the typed aggregates that the column handles build.

use std::marker::PhantomData;

use crate::{
    Decimal,
    error::Cause,
    filter::Col,
    schema::Column,
    value::{Value, ValueError},
};

use super::totals::Total;

/// An aggregate over documents of `T` that gives an `R`: a column handle's `sum()`, `avg()`, `min()`, `max()` or
/// `count_distinct()`, or [`count`].
#[must_use = "an aggregate does nothing by itself; give it to `aggregate`"]
pub struct Aggregate<T, R> {
    pub(super) measure: Measure,
    read: fn(Total) -> Result<R, Cause>,
    of: PhantomData<fn(T)>,
}

/// An aggregate without types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measure {
    pub(crate) function: Function,
    /// The column, but for a count of documents.
    pub(crate) column: Option<&'static str>,
}

/// What is reckoned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// How many documents.
    Count,
    /// The sum.
    Sum,
    /// The mean.
    Average,
    /// The least value.
    Least,
    /// The greatest value.
    Greatest,
    /// How many different values.
    CountDistinct,
}

/// How many documents there are.
///
/// ```
/// # use terrace::prelude::*;
/// # #[derive(Collection)]
/// # struct Sale { #[id] id: i64, country: String, cents: i64 }
/// # let db = Db::open_in_memory(collections![Sale])?;
/// # db.insert(&Sale { id: 1, country: "DE".into(), cents: 5 })?;
/// let all = db.analyze::<Sale>(|_| Filter::all());
/// let by_country = all.group_by(|s| s.country).aggregate(|s| (terrace::count(), s.cents.max()))?;
/// assert_eq!(by_country, [("DE".to_owned(), (1, Some(5)))]);
/// # Ok::<(), StorageError>(())
/// ```
pub fn count<T>() -> Aggregate<T, u64> {
    Aggregate::of(Function::Count, None, |total| match total {
        Total::Count(count) => Ok(count),
        other => Err(unexpected(&other)),
    })
}

impl<T, R> std::fmt::Debug for Aggregate<T, R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.measure.fmt(f)
    }
}

impl<T, R> Aggregate<T, R> {
    fn of(function: Function, column: Option<&'static str>, read: fn(Total) -> Result<R, Cause>) -> Self {
        Self { measure: Measure { function, column }, read, of: PhantomData }
    }

    pub(super) fn read(&self, total: Total) -> Result<R, Cause> {
        (self.read)(total)
    }
}

impl<T, V: Column> Col<T, V> {
    /// The sum of the values; zero where there is none.
    pub fn sum(self) -> Aggregate<T, <V::Base as Summable>::Sum>
    where
        V::Base: Summable,
    {
        Aggregate::of(Function::Sum, Some(self.name()), <V::Base as Summable>::sum)
    }

    /// The mean of the values, none where there is none.
    pub fn avg(self) -> Aggregate<T, Option<f64>>
    where
        V::Base: Summable,
    {
        Aggregate::of(Function::Average, Some(self.name()), |total| match total {
            Total::Average(average) => Ok(average.map(<V::Base as Summable>::scaled)),
            other => Err(unexpected(&other)),
        })
    }

    /// The least value, none where there is none.
    pub fn min(self) -> Aggregate<T, Option<V::Base>> {
        Aggregate::of(Function::Least, Some(self.name()), end)
    }

    /// The greatest value, none where there is none.
    pub fn max(self) -> Aggregate<T, Option<V::Base>> {
        Aggregate::of(Function::Greatest, Some(self.name()), end)
    }

    /// How many different values there are.
    pub fn count_distinct(self) -> Aggregate<T, u64> {
        Aggregate {
            measure: Measure { function: Function::CountDistinct, column: Some(self.name()) },
            ..count()
        }
    }
}

fn end<C: Column>(total: Total) -> Result<Option<C>, Cause> {
    match total {
        Total::Value(Value::Null) => Ok(None),
        Total::Value(value) => Ok(Some(C::load(value.as_ref())?)),
        other => Err(unexpected(&other)),
    }
}

/// A type whose values have a sum.
#[diagnostic::on_unimplemented(
    message = "values of `{Self}` have no sum",
    label = "not a number",
    note = "integers, floats and `Decimal` can be summed and averaged; count others with `count()` or `count_distinct()`"
)]
pub trait Summable: Column {
    /// What the sum is: `i64` of integers, `f64` of floats, `Decimal` of 38 digits of decimals.
    type Sum;

    #[doc(hidden)]
    fn sum(total: Total) -> Result<Self::Sum, Cause>;

    /// An average of values as they are stored, as one of what they stand for.
    #[doc(hidden)]
    #[must_use]
    fn scaled(average: f64) -> f64 {
        average
    }
}

macro_rules! integers {
    ($($type:ty),*) => {$(
        impl Summable for $type {
            type Sum = i64;

            fn sum(total: Total) -> Result<i64, Cause> {
                let sum = exact(total)?;
                Ok(i64::try_from(sum).map_err(|_| beyond(sum, "i64"))?)
            }
        }
    )*};
}

integers!(i8, i16, i32, i64, u8, u16, u32);

macro_rules! floats {
    ($($type:ty),*) => {$(
        impl Summable for $type {
            type Sum = f64;

            fn sum(total: Total) -> Result<f64, Cause> {
                match total {
                    Total::Float(sum) => Ok(sum),
                    other => Err(unexpected(&other)),
                }
            }
        }
    )*};
}

floats!(f32, f64);

impl<const P: u8, const S: u8> Summable for Decimal<P, S> {
    type Sum = Decimal<38, S>;

    fn sum(total: Total) -> Result<Self::Sum, Cause> {
        let sum = exact(total)?;
        Ok(Decimal::from_unscaled(sum)?)
    }

    fn scaled(average: f64) -> f64 {
        average / 10_f64.powi(i32::from(S))
    }
}

fn exact(total: Total) -> Result<i128, Cause> {
    match total {
        Total::Exact(sum) => Ok(sum),
        other => Err(unexpected(&other)),
    }
}

fn beyond(sum: i128, kind: &'static str) -> ValueError {
    ValueError::OutOfRange { value: sum.to_string(), kind }
}

fn unexpected(total: &Total) -> Cause {
    Cause::Schema(format!("an aggregate of another kind: {total:?}"))
}

/// One aggregate, or a tuple of up to six.
pub trait Aggregates<T> {
    /// What they give.
    type Results;

    #[doc(hidden)]
    fn measures(&self) -> Vec<Measure>;

    #[doc(hidden)]
    fn results(&self, totals: &mut dyn Iterator<Item = Total>) -> Result<Self::Results, Cause>;
}

impl<T, R> Aggregates<T> for Aggregate<T, R> {
    type Results = R;

    fn measures(&self) -> Vec<Measure> {
        vec![self.measure]
    }

    fn results(&self, totals: &mut dyn Iterator<Item = Total>) -> Result<R, Cause> {
        self.read(totals.next().unwrap_or(Total::Value(Value::Null)))
    }
}

macro_rules! tuples {
    ($($name:ident),*) => {
        #[allow(non_snake_case)] // each aggregate is called as its type
        impl<T, $($name: Aggregates<T>),*> Aggregates<T> for ($($name,)*) {
            type Results = ($($name::Results,)*);

            fn measures(&self) -> Vec<Measure> {
                let ($($name,)*) = self;
                [$($name.measures()),*].concat()
            }

            fn results(&self, totals: &mut dyn Iterator<Item = Total>) -> Result<Self::Results, Cause> {
                let ($($name,)*) = self;
                Ok(($($name.results(totals)?,)*))
            }
        }
    };
}

tuples!(A);
tuples!(A, B);
tuples!(A, B, C);
tuples!(A, B, C, D);
tuples!(A, B, C, D, E);
tuples!(A, B, C, D, E, F);
