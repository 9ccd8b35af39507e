//! Keyset pagination: a page continues after the last document of the one before, whatever was written meanwhile.

use crate::{
    error::{Cause, During, Operation, Outcome, StorageError},
    schema::{Collection, quote},
    value::{Row, RowBuf, Value, ValueRef},
};

use super::{cursor::Cursor, find::Find, sql::Sql, table::Table};

/// Some documents, and where the next page begins.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// The documents.
    pub items: Vec<T>,
    /// What to give to [`Find::after`] for the next page; none after the last.
    pub next: Option<Cursor>,
}

impl<T: Collection> Find<'_, T> {
    /// Only documents after the place of the cursor.
    pub fn after(mut self, cursor: Cursor) -> Self {
        self.after = Some(cursor);
        self
    }

    /// A page of `size` documents, from 1.
    ///
    /// # Errors
    /// As [`Find::all`]; the cursor comes from a query with other orders.
    ///
    /// ```
    /// # use terrace::prelude::*;
    /// #[derive(Collection)]
    /// struct Day { #[id] number: i64 }
    /// # let db = Db::open_in_memory(collections![Day])?;
    /// # db.insert_all(&[Day { number: 1 }, Day { number: 2 }, Day { number: 3 }])?;
    /// let first = db.all::<Day>().page(2)?;
    /// let Some(next) = first.next else { panic!("there are three") };
    /// let second = db.all::<Day>().after(next).page(2)?;
    /// assert_eq!((first.items.len(), second.items.len(), second.next), (2, 1, None));
    /// # Ok::<(), StorageError>(())
    /// ```
    pub fn page(self, size: u64) -> Result<Page<T>, StorageError> {
        let size = size.max(1);
        let find = self.limit(size.saturating_add(1));
        let mut items = find.rows()?;
        let more = items.len() as u64 > size;
        if more {
            items.pop();
        }
        let next = items.last().filter(|_| more).map(|last| find.cursor(last)).transpose()?;
        Ok(Page { items, next })
    }

    fn cursor(&self, document: &T) -> Result<Cursor, StorageError> {
        let cursor = || {
            let columns = self.sort_columns(self.db.table::<T>()?);
            let mut row = RowBuf::new();
            document.write(&mut row)?;
            let value = |(name, _): &(&str, bool)| match T::SCHEMA.column(name) {
                Some(position) => row.value(position).map(ValueRef::to_owned),
                None => Ok(Value::Null),
            };
            let values = columns.iter().map(value).collect::<Result<_, _>>()?;
            Ok(Cursor { columns: columns.iter().map(signed).collect(), values })
        };
        Outcome::<Cursor>::during(cursor(), Operation::Find, T::SCHEMA.name)
    }

    /// The condition that a document stands after the cursor: `a > ? OR (a = ? AND (b > ? OR …))`, with SQLite's
    /// order of NULL before every value.
    pub(super) fn push_after(&self, sql: &mut Sql, table: &Table, cursor: &Cursor) -> Outcome<()> {
        let columns = self.sort_columns(table);
        let names: Vec<String> = columns.iter().map(signed).collect();
        if names != cursor.columns || cursor.values.len() != columns.len() {
            return Err(Cause::Cursor.into());
        }
        for (at, ((name, descending), value)) in columns.iter().zip(&cursor.values).enumerate() {
            let last = at + 1 == columns.len();
            sql.push("(");
            push_beyond(sql, &quote(name), *descending, value);
            if !last {
                sql.push(&format!(" OR ({} IS ", quote(name)));
                sql.bind(value.clone());
                sql.push(" AND ");
            }
        }
        sql.push(&")".repeat(columns.len() * 2 - 1));
        Ok(())
    }
}

/// The condition that a column is strictly after `value`.
fn push_beyond(sql: &mut Sql, name: &str, descending: bool, value: &Value) {
    match (value, descending) {
        (Value::Null, false) => sql.push(&format!("{name} IS NOT NULL")),
        (Value::Null, true) => sql.push("0"),
        (value, false) => {
            sql.push(&format!("{name} > "));
            sql.bind(value.clone());
        }
        (value, true) => {
            sql.push(&format!("({name} < "));
            sql.bind(value.clone());
            sql.push(&format!(" OR {name} IS NULL)"));
        }
    }
}

fn signed((name, descending): &(&str, bool)) -> String {
    if *descending { format!("-{name}") } else { (*name).to_owned() }
}
