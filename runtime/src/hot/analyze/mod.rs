//! Reckoning over many documents: counts, sums, means, ends, by groups, a batch of columns at a time.
//!
//! Rows and segments are read together, each document once: a filter is applied where the documents are, by SQL on rows
//! and by the format on segments, and only the columns that are needed are read.

mod aggregate;
mod batches;
mod groups;
mod keys;
mod reckon;
mod totals;

pub use aggregate::{Aggregate, Aggregates, Function, Measure, Summable, count};
pub use keys::Keys;
pub use totals::Total;

use crate::{
    error::{During, Operation, Outcome, StorageError},
    filter::{Col, Filter},
    schema::{Collection, Column},
};

use super::Db;
use reckon::Reckoned;

/// A question about many documents, made by [`Db::analyze`].
#[must_use = "nothing is reckoned until `aggregate`, `count`, `sum`, … runs it"]
#[derive(Debug)]
pub struct Analyze<'db, T> {
    db: &'db Db,
    filter: Filter<T>,
}

/// A question by groups, made by [`Analyze::group_by`].
#[must_use = "nothing is reckoned until `aggregate`, `count`, `sum`, … runs it"]
#[derive(Debug)]
pub struct Grouped<'db, T, K> {
    of: Analyze<'db, T>,
    keys: K,
    top: Option<usize>,
}

/// What each group comes to: its value, or tuple of values, and the aggregates.
pub type ByGroup<K, R> = Result<Vec<(K, R)>, StorageError>;

impl Db {
    /// Begins to reckon over the documents for which the filter is true, without making documents of them: only the
    /// columns that are asked for are read, from rows and segments alike.
    ///
    /// ```
    /// # use terrace::prelude::*;
    /// #[derive(Collection)]
    /// struct Sale { #[id] id: i64, country: String, cents: i64 }
    /// # let db = Db::open_in_memory(collections![Sale])?;
    /// # for (id, country, cents) in [(1, "DE", 5), (2, "FR", 7), (3, "DE", 6)] {
    /// #     db.insert(&Sale { id, country: country.into(), cents })?;
    /// # }
    /// let large = db.analyze::<Sale>(|s| s.cents.ge(5));
    /// assert_eq!(large.sum(|s| s.cents)?, 18);
    /// let by_country = db.analyze::<Sale>(|_| Filter::all()).group_by(|s| s.country).sum(|s| s.cents)?;
    /// assert_eq!(by_country, [("DE".to_owned(), 11), ("FR".to_owned(), 7)]);
    /// # Ok::<(), StorageError>(())
    /// ```
    pub fn analyze<T: Collection>(&self, filter: impl FnOnce(&T::Columns) -> Filter<T>) -> Analyze<'_, T> {
        Analyze { db: self, filter: filter(&T::COLUMNS) }
    }
}

impl<'db, T: Collection> Analyze<'db, T> {
    /// Reckons by groups: for each value of a column that there is, or for each that a tuple of up to four columns has
    /// together.
    pub fn group_by<K: Keys<T>>(self, keys: impl FnOnce(&T::Columns) -> K) -> Grouped<'db, T, K> {
        Grouped { of: self, keys: keys(&T::COLUMNS), top: None }
    }

    /// One or several aggregates over all documents.
    ///
    /// # Errors
    /// The database cannot be read; a sum is out of the range of its type.
    pub fn aggregate<A: Aggregates<T>>(
        &self,
        aggregates: impl FnOnce(&T::Columns) -> A,
    ) -> Result<A::Results, StorageError> {
        let aggregates = aggregates(&T::COLUMNS);
        let aggregate = || -> Outcome<A::Results> {
            let reckoned = Reckoned::run(self, &[], &aggregates.measures())?;
            Ok(aggregates.results(&mut reckoned.totals(0))?)
        };
        aggregate().during(Operation::Analyze, T::SCHEMA.name)
    }

    /// How many documents there are.
    ///
    /// # Errors
    /// As [`Analyze::aggregate`].
    pub fn count(&self) -> Result<u64, StorageError> {
        self.aggregate(|_| count())
    }

    /// The sum of a column; zero where there is no value.
    ///
    /// # Errors
    /// As [`Analyze::aggregate`].
    pub fn sum<V: Column<Base: Summable>>(
        &self,
        column: impl FnOnce(&T::Columns) -> Col<T, V>,
    ) -> Result<<V::Base as Summable>::Sum, StorageError> {
        self.aggregate(|columns| column(columns).sum())
    }

    /// The mean of a column; none where there is no value.
    ///
    /// # Errors
    /// As [`Analyze::aggregate`].
    pub fn avg<V: Column<Base: Summable>>(
        &self,
        column: impl FnOnce(&T::Columns) -> Col<T, V>,
    ) -> Result<Option<f64>, StorageError> {
        self.aggregate(|columns| column(columns).avg())
    }

    /// The least value of a column; none where there is no value.
    ///
    /// # Errors
    /// As [`Analyze::aggregate`].
    pub fn min<V: Column>(
        &self,
        column: impl FnOnce(&T::Columns) -> Col<T, V>,
    ) -> Result<Option<V::Base>, StorageError> {
        self.aggregate(|columns| column(columns).min())
    }

    /// The greatest value of a column; none where there is no value.
    ///
    /// # Errors
    /// As [`Analyze::aggregate`].
    pub fn max<V: Column>(
        &self,
        column: impl FnOnce(&T::Columns) -> Col<T, V>,
    ) -> Result<Option<V::Base>, StorageError> {
        self.aggregate(|columns| column(columns).max())
    }

    /// How many different values a column has.
    ///
    /// # Errors
    /// As [`Analyze::aggregate`].
    pub fn count_distinct<V: Column>(
        &self,
        column: impl FnOnce(&T::Columns) -> Col<T, V>,
    ) -> Result<u64, StorageError> {
        self.aggregate(|columns| column(columns).count_distinct())
    }
}

impl<T: Collection, K: Keys<T>> Grouped<'_, T, K> {
    /// Only the `n` groups whose aggregate, the first where there are several, is the greatest; the greatest first.
    pub fn top(mut self, n: usize) -> Self {
        self.top = Some(n);
        self
    }

    /// One or several aggregates for each group, in the order of the groups' values unless [`Grouped::top`] says
    /// otherwise.
    ///
    /// # Errors
    /// As [`Analyze::aggregate`].
    pub fn aggregate<A: Aggregates<T>>(
        &self,
        aggregates: impl FnOnce(&T::Columns) -> A,
    ) -> ByGroup<K::Values, A::Results> {
        let aggregates = aggregates(&T::COLUMNS);
        let aggregate = || -> Outcome<Vec<_>> {
            let reckoned = Reckoned::run(&self.of, &self.keys.columns(), &aggregates.measures())?;
            let groups = reckoned.in_order(self.top).into_iter();
            groups
                .map(|(key, group)| {
                    let values = self.keys.values(&mut key.into_iter())?;
                    Ok((values, aggregates.results(&mut reckoned.totals(group))?))
                })
                .collect()
        };
        aggregate().during(Operation::Analyze, T::SCHEMA.name)
    }

    /// How many documents each group has.
    ///
    /// # Errors
    /// As [`Analyze::aggregate`].
    pub fn count(&self) -> ByGroup<K::Values, u64> {
        self.aggregate(|_| count())
    }

    /// The sum of a column in each group.
    ///
    /// # Errors
    /// As [`Analyze::aggregate`].
    pub fn sum<V: Column<Base: Summable>>(
        &self,
        column: impl FnOnce(&T::Columns) -> Col<T, V>,
    ) -> ByGroup<K::Values, <V::Base as Summable>::Sum> {
        self.aggregate(|columns| column(columns).sum())
    }

    /// The mean of a column in each group.
    ///
    /// # Errors
    /// As [`Analyze::aggregate`].
    pub fn avg<V: Column<Base: Summable>>(
        &self,
        column: impl FnOnce(&T::Columns) -> Col<T, V>,
    ) -> ByGroup<K::Values, Option<f64>> {
        self.aggregate(|columns| column(columns).avg())
    }

    /// The least value of a column in each group.
    ///
    /// # Errors
    /// As [`Analyze::aggregate`].
    pub fn min<V: Column>(
        &self,
        column: impl FnOnce(&T::Columns) -> Col<T, V>,
    ) -> ByGroup<K::Values, Option<V::Base>> {
        self.aggregate(|columns| column(columns).min())
    }

    /// The greatest value of a column in each group.
    ///
    /// # Errors
    /// As [`Analyze::aggregate`].
    pub fn max<V: Column>(
        &self,
        column: impl FnOnce(&T::Columns) -> Col<T, V>,
    ) -> ByGroup<K::Values, Option<V::Base>> {
        self.aggregate(|columns| column(columns).max())
    }

    /// How many different values a column has in each group.
    ///
    /// # Errors
    /// As [`Analyze::aggregate`].
    pub fn count_distinct<V: Column>(
        &self,
        column: impl FnOnce(&T::Columns) -> Col<T, V>,
    ) -> ByGroup<K::Values, u64> {
        self.aggregate(|columns| column(columns).count_distinct())
    }
}
