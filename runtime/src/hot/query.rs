//! Reading with SQL of the user's own: any statement that only reads.

use std::ops::ControlFlow;

use crate::{
    error::{Cause, During, Operation, Outcome, StorageError},
    schema::{Collection, Column},
    value::{Row, RowBuf, ValueError, ValueRef},
};

use super::Db;

/// The parameters of a statement: a tuple of column values, `()` for none.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no list of parameters",
    label = "not a tuple of column values",
    note = "use `()` for none, `(a,)` for one, `(a, b)` for two"
)]
pub trait Parameters {
    /// Appends the values.
    ///
    /// # Errors
    /// A value that cannot be stored.
    fn store(&self, row: &mut RowBuf) -> Result<(), ValueError>;
}

/// One parameter: a column's value, or a `&str`.
pub trait Parameter {
    /// Appends the value.
    ///
    /// # Errors
    /// The value cannot be stored.
    fn store(&self, row: &mut RowBuf) -> Result<(), ValueError>;
}

impl<C: Column> Parameter for C {
    fn store(&self, row: &mut RowBuf) -> Result<(), ValueError> {
        Column::store(self, row)
    }
}

impl Parameter for &str {
    fn store(&self, row: &mut RowBuf) -> Result<(), ValueError> {
        row.push(ValueRef::Text(self))
    }
}

/// What a row of a query can be read as: a collection, by the names of its columns, or a tuple of column types, in their
/// order.
#[diagnostic::on_unimplemented(
    message = "a row cannot be read as `{Self}`",
    label = "not a type of row",
    note = "use a collection, or a tuple of column types; of one column `(i64,)`"
)]
pub trait FromRow: Sized {
    /// Reads one row.
    ///
    /// # Errors
    /// A column is missing or holds another type.
    fn from_row(row: &dyn Row) -> Result<Self, Cause>;
}

impl Db {
    /// Runs SQL that reads, and gives its rows.
    ///
    /// Names of tables and columns are those of the collections. The statement cannot write: change documents through
    /// `insert`, `update` and `delete`, which leave change events.
    ///
    /// The statement sees whole collections. Where [`Db::maintain`] has moved documents into columns, these become rows for as
    /// long as it runs, in a transaction that is rolled back: that takes the time of inserting them, and cannot be done
    /// in a closure of `each` or `update`. Use [`Db::find`] there.
    ///
    /// # Errors
    /// The statement is not SQL, does more than read, or its rows are not of the type `R`.
    ///
    /// ```
    /// # use terrace::prelude::*;
    /// #[derive(Collection)]
    /// struct City { #[id] name: String, country: String, people: i64 }
    /// # let db = Db::open_in_memory(collections![City])?;
    /// # db.insert(&City { name: "Bonn".into(), country: "DE".into(), people: 330_000 })?;
    /// let sql = "SELECT country, sum(people) FROM city WHERE people > ?1 GROUP BY country";
    /// let people: Vec<(String, i64)> = db.query(sql, (100_000_i64,))?;
    /// assert_eq!(people, [("DE".to_owned(), 330_000)]);
    /// # Ok::<(), StorageError>(())
    /// ```
    pub fn query<R: FromRow>(&self, sql: &str, parameters: impl Parameters) -> Result<Vec<R>, StorageError> {
        let query = || -> Outcome<Vec<R>> {
            let mut values = RowBuf::new();
            parameters.store(&mut values)?;
            let mut rows = Vec::new();
            self.query_both(sql, &values, &mut |row| {
                rows.push(R::from_row(row)?);
                Ok(ControlFlow::Continue(()))
            })?;
            Ok(rows)
        };
        query().during_no_collection(Operation::Query)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Collection> FromRow for T {
    fn from_row(row: &dyn Row) -> Result<Self, Cause> {
        let columns: Result<Vec<usize>, Cause> = T::SCHEMA
            .columns
            .iter()
            .map(|column| {
                let found = (0..row.len()).find(|&at| row.name(at) == Some(column.name));
                found.ok_or_else(|| {
                    Cause::Schema(format!("the statement selects no column `{}`", column.name))
                })
            })
            .collect();
        Ok(T::read(&Reordered { row, columns: columns? })?)
    }
}

/// A row with its columns in another order.
struct Reordered<'a> {
    row: &'a dyn Row,
    columns: Vec<usize>,
}

impl Row for Reordered<'_> {
    fn len(&self) -> usize {
        self.columns.len()
    }

    fn value(&self, column: usize) -> Result<ValueRef<'_>, ValueError> {
        self.row.value(self.columns[column])
    }
}

impl Parameters for () {
    fn store(&self, _: &mut RowBuf) -> Result<(), ValueError> {
        Ok(())
    }
}

macro_rules! tuples {
    ($($name:ident $position:tt),*) => {
        #[diagnostic::do_not_recommend]
        impl<$($name: Parameter),*> Parameters for ($($name,)*) {
            fn store(&self, row: &mut RowBuf) -> Result<(), ValueError> {
                $(self.$position.store(row)?;)*
                Ok(())
            }
        }

        #[diagnostic::do_not_recommend]
        impl<$($name: Column),*> FromRow for ($($name,)*) {
            fn from_row(row: &dyn Row) -> Result<Self, Cause> {
                Ok(($($name::load(row.value($position)?)?,)*))
            }
        }
    };
}

tuples!(A 0);
tuples!(A 0, B 1);
tuples!(A 0, B 1, C 2);
tuples!(A 0, B 1, C 2, D 3);
tuples!(A 0, B 1, C 2, D 3, E 4);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11);
