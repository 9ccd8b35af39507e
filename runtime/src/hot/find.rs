//! Queries over one collection: filter, order, limit, and what can be done with what they find.

use std::{borrow::Cow, cell::RefCell, ops::ControlFlow};

use crate::{
    error::{Cause, During, Operation, Outcome, StorageError},
    filter::{Filter, OrderBy},
    schema::{Collection, quote},
    value::{Row, RowBuf, Value},
};

use super::{Db, columnar::Wanted, cursor::Cursor, read, sql::Sql, table::Table};

/// A query of one collection, made by [`Db::find`].
///
/// ```
/// # use terrace::prelude::*;
/// #[derive(Collection)]
/// struct City { #[id] name: String, #[index] people: i64 }
/// # let db = Db::open_in_memory(collections![City])?;
/// # db.insert(&City { name: "Bonn".into(), people: 330_000 })?;
/// let largest = db.find::<City>(|c| c.people.gt(100_000)).order_by(|c| c.people.desc()).limit(10).all()?;
/// # assert_eq!(largest.len(), 1);
/// # Ok::<(), StorageError>(())
/// ```
#[must_use = "a query does nothing until `all`, `first`, `count`, `exists`, `each`, `page`, `update` or `delete` runs it"]
#[derive(Debug)]
pub struct Find<'db, T> {
    pub(super) db: &'db Db,
    filter: Filter<T>,
    orders: Vec<OrderBy<T>>,
    limit: Option<u64>,
    pub(super) after: Option<Cursor>,
}

impl Db {
    /// Begins a query: the documents for which the filter is true.
    pub fn find<T: Collection>(&self, filter: impl FnOnce(&T::Columns) -> Filter<T>) -> Find<'_, T> {
        Find { db: self, filter: filter(&T::COLUMNS), orders: Vec::new(), limit: None, after: None }
    }

    /// Begins a query of every document.
    pub fn all<T: Collection>(&self) -> Find<'_, T> {
        self.find(|_| Filter::all())
    }

    /// Reads the document with this id.
    ///
    /// # Errors
    /// The database cannot be read, or holds what `T` cannot.
    pub fn get<T: Collection>(&self, id: impl crate::schema::KeyOf<T>) -> Result<Option<T>, StorageError> {
        let get = || {
            let mut key = RowBuf::new();
            id.store(&mut key)?;
            let table = self.table::<T>()?;
            if !table.is_columnar() {
                match table.first(&*self.backend, &key, |row| Ok(T::read(row)?)) {
                    Err(failure) if self.is_stale(table, &failure)? => {}
                    other => return other,
                }
            }
            let found = self.find_document(table, &key)?;
            found.map(|found| T::read(&found.row)).transpose().map_err(Into::into)
        };
        get().during(Operation::Get, T::SCHEMA.name)
    }
}

impl<T: Collection> Find<'_, T> {
    /// Sorts by a column; given again, by another where the ones before are equal. Documents that are equal in all of
    /// them are in the order of their ids.
    pub fn order_by(mut self, order: impl FnOnce(&T::Columns) -> OrderBy<T>) -> Self {
        self.orders.push(order(&T::COLUMNS));
        self
    }

    /// At most this many documents.
    pub fn limit(mut self, limit: u64) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Every document that is found.
    ///
    /// # Errors
    /// The database cannot be read; a value of the filter that no column can hold.
    pub fn all(self) -> Result<Vec<T>, StorageError> {
        self.rows()
    }

    /// The first document.
    ///
    /// # Errors
    /// As [`Find::all`].
    pub fn first(self) -> Result<Option<T>, StorageError> {
        let limit = self.limit.unwrap_or(1).min(1);
        Ok(self.limit(limit).all()?.pop())
    }

    /// Calls `each` with one document after the other, without holding more than one in memory; of those that live in
    /// columns, a row group of up to 65,536. Nothing can be written meanwhile.
    ///
    /// # Errors
    /// As [`Find::all`]; the error of `each`, which ends the reading.
    pub fn each(self, mut each: impl FnMut(T) -> Result<(), StorageError>) -> Result<(), StorageError> {
        let reading = Reading::begin(self.db);
        let mut stopped = None;
        self.read(false, |row| {
            Ok(match each(T::read(row)?) {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => {
                    stopped = Some(error);
                    ControlFlow::Break(())
                }
            })
        })?;
        drop(reading);
        stopped.map_or(Ok(()), Err)
    }

    /// How many documents are found.
    ///
    /// # Errors
    /// As [`Find::all`].
    pub fn count(self) -> Result<u64, StorageError> {
        let count = || {
            let table = self.db.table::<T>()?;
            let both = || {
                let count = self.count_rows(table)?;
                let in_groups = self.both(table, &[], |wanted| self.db.count_in_groups(table, wanted))?;
                Ok((count + in_groups).min(self.limit.unwrap_or(u64::MAX)))
            };
            self.db.over(table, || self.count_rows(table), both)
        };
        count().during(Operation::Find, T::SCHEMA.name)
    }

    /// Whether any document is found.
    ///
    /// # Errors
    /// As [`Find::all`].
    pub fn exists(self) -> Result<bool, StorageError> {
        let limit = self.limit.unwrap_or(1).min(1);
        Ok(self.limit(limit).count()? > 0)
    }

    /// Changes every document that is found, all or none; gives the number of those in which something is different
    /// afterwards. Each leaves its own event.
    ///
    /// # Errors
    /// As [`Db::update`].
    pub fn update(self, mut change: impl FnMut(&mut T)) -> Result<u64, StorageError> {
        self.for_ids(Operation::Update, |db, table, id| {
            let recorded = db.log.borrow().recorded();
            db.change_row(table, id, None, &mut change)?;
            Ok(db.log.borrow().recorded() != recorded)
        })
    }

    /// Deletes every document that is found, all or none; gives their number. Each leaves its own event.
    ///
    /// # Errors
    /// As [`Db::delete`].
    pub fn delete(self) -> Result<u64, StorageError> {
        self.for_ids(Operation::Delete, |db, table, id| db.delete_row(table, id, None))
    }

    /// Runs `write` for each document that is found, in one transaction; counts how often it says that it wrote.
    ///
    /// The ids are read before the first write, so that a write cannot change what is found.
    fn for_ids(
        self,
        operation: Operation,
        mut write: impl FnMut(&Db, &Table, &RowBuf) -> Outcome<bool>,
    ) -> Result<u64, StorageError> {
        let run = || {
            let table = self.db.table::<T>()?;
            let ids = self.db.over(table, || self.ids_of_rows(table), || self.ids_of_both(table))?;
            let mut written = 0;
            for id in &ids {
                written += u64::from(write(self.db, table, id)?);
            }
            Ok(written)
        };
        self.db.atomically(run).during(operation, T::SCHEMA.name)
    }

    fn ids_of_rows(&self, table: &Table) -> Outcome<Vec<RowBuf>> {
        let sql = self.sql(table, &table.id_columns, self.after.as_ref(), self.limit)?;
        let mut ids = Vec::new();
        self.db.backend.query(&sql.text, &table.id_storages, &sql.parameters, &mut |row| {
            ids.push(RowBuf::copy(row)?);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(ids)
    }

    fn ids_of_both(&self, table: &Table) -> Outcome<Vec<RowBuf>> {
        let mut ids = Vec::new();
        self.both(table, table.schema.id, |wanted| {
            self.db.find_both(table, wanted, true, &mut |row| {
                ids.push(table.id_of(row)?);
                Ok(ControlFlow::Continue(()))
            })
        })?;
        Ok(ids)
    }

    fn count_rows(&self, table: &Table) -> Outcome<u64> {
        let inner = self.sql(table, "1", self.after.as_ref(), self.limit)?;
        let sql = format!("SELECT count(*) FROM ({})", inner.text);
        let count = read::first(&*self.db.backend, &sql, &inner.parameters, |row| read::unsigned(row, 0))?;
        Ok(count.unwrap_or(0))
    }

    pub(crate) fn rows(&self) -> Result<Vec<T>, StorageError> {
        let mut rows = Vec::new();
        self.read(true, |row| {
            rows.push(T::read(row)?);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(rows)
    }

    #[cfg(feature = "warm")]
    pub(crate) fn db(&self) -> &Db {
        self.db
    }

    /// What is asked for, as bytes: different ones for different queries.
    #[cfg(feature = "warm")]
    pub(crate) fn described(&self) -> Outcome<Vec<u8>> {
        let orders: Vec<_> = self.orders.iter().map(|order| (order.column, order.descending)).collect();
        let query = (self.filter.clone().into_predicate()?, orders, self.limit, &self.after);
        serde_json::to_vec(&query).map_err(|error| Cause::Schema(error.to_string()).into())
    }

    /// Runs the query over whole documents. `returned` says that all of them are kept.
    pub(super) fn read(
        &self,
        returned: bool,
        each: impl FnMut(&dyn Row) -> Outcome<ControlFlow<()>>,
    ) -> Result<(), StorageError> {
        let each = RefCell::new(each);
        let read = || {
            let table = self.db.table::<T>()?;
            let rows = || {
                let sql = self.sql(table, &table.columns, self.after.as_ref(), self.limit)?;
                let each = &mut *each.borrow_mut();
                self.db.backend.query(&sql.text, &table.storages, &sql.parameters, each)
            };
            let all: Vec<usize> = (0..table.schema.columns.len()).collect();
            let both = || {
                self.both(table, &all, |wanted| {
                    self.db.find_both(table, wanted, returned, &mut *each.borrow_mut())
                })
            };
            self.db.over(table, rows, both)
        };
        read().during(Operation::Find, T::SCHEMA.name)
    }

    /// The query as it is run over rows and row groups.
    fn both<R>(
        &self,
        table: &Table,
        columns: &[usize],
        run: impl FnOnce(&Wanted<'_>) -> Outcome<R>,
    ) -> Outcome<R> {
        let sort = self.sort_columns(table).into_iter().map(|(name, descending)| {
            let unknown = || Cause::Schema(format!("there is no column `{name}`"));
            Ok((table.schema.column(name).ok_or_else(unknown)?, descending))
        });
        let sort: Vec<(usize, bool)> =
            if self.is_unordered() { Vec::new() } else { sort.collect::<Outcome<_>>()? };
        run(&Wanted {
            predicate: &self.filter.clone().into_predicate()?,
            sort: &sort,
            after: self.after.as_ref(),
            limit: self.limit,
            columns,
            sql: &|after, limit| self.sql(table, &table.columns, after, limit),
        })
    }

    fn sql(&self, table: &Table, columns: &str, after: Option<&Cursor>, limit: Option<u64>) -> Outcome<Sql> {
        let mut sql = Sql::default();
        sql.push(&format!("SELECT {columns} FROM {} WHERE ", table.sql().rows));
        let predicate = self.filter.clone().into_predicate()?;
        sql.predicate(table.schema, &predicate)?;
        if let Some(cursor) = after {
            sql.push(" AND ");
            self.push_after(&mut sql, table, cursor)?;
        }
        self.push_order(&mut sql, table);
        if let Some(limit) = limit {
            sql.push(" LIMIT ");
            sql.bind(Value::Integer(i64::try_from(limit).unwrap_or(i64::MAX)));
        }
        Ok(sql)
    }

    /// The columns to sort by, with the id's at the end so that no two documents are equal; true where the greatest
    /// comes first.
    pub(super) fn sort_columns(&self, table: &Table) -> Vec<(&'static str, bool)> {
        let mut columns: Vec<(&'static str, bool)> =
            self.orders.iter().map(|order| (order.column, order.descending)).collect();
        for column in table.schema.id_columns() {
            if !columns.iter().any(|(name, _)| *name == column.name) {
                columns.push((column.name, false));
            }
        }
        columns
    }

    /// Whether documents may come in any order.
    fn is_unordered(&self) -> bool {
        self.orders.is_empty() && self.limit.is_none() && self.after.is_none()
    }

    fn push_order(&self, sql: &mut Sql, table: &Table) {
        if self.is_unordered() {
            return;
        }
        let columns: Vec<Cow<'_, str>> = self
            .sort_columns(table)
            .into_iter()
            .map(
                |(name, descending)| {
                    if descending { format!("{} DESC", quote(name)).into() } else { quote(name).into() }
                },
            )
            .collect();
        sql.push(&format!(" ORDER BY {}", columns.join(", ")));
    }
}

/// Marks that rows are being read, as long as it lives.
pub(super) struct Reading<'a>(&'a Db);

impl<'a> Reading<'a> {
    pub(super) fn begin(db: &'a Db) -> Self {
        db.reading.set(db.reading.get() + 1);
        Self(db)
    }
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        self.0.reading.set(self.0.reading.get() - 1);
    }
}
