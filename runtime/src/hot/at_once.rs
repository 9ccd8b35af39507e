//! A new document and its event by one statement, which is atomic by itself: no transaction to begin and to end, and
//! one crossing into SQLite instead of four.
//!
//! The statement inserts into a view that holds nothing. Its trigger appends the event to the log's last row and inserts
//! the document's row, or does neither (invariants 1 and 2).

use crate::{
    error::{Cause, Failure, Outcome},
    schema::{MAX_COLUMNS, Schema, quote},
    value::{Row, RowBuf, ValueError, ValueRef},
};

use super::{Db, backend::Backend, table::Table, tail::append_one_sql, transaction::Level};

/// How many columns the view has after those of the collection: the number of the event, the log's next state, the frame.
const LOG_COLUMNS: usize = 3;

/// What the trigger says when the log's last row is not as it was read.
const NOT_TAIL: &str = "_terrace: another row is the last of the log";

/// Makes the view and its trigger, where they have not too many columns.
pub(super) fn create(backend: &dyn Backend, schema: &Schema) -> Outcome<()> {
    let Some(view) = View::of(schema) else { return Ok(()) };
    backend.execute(&view.create(), &RowBuf::new())?;
    backend.execute(&view.trigger(schema), &RowBuf::new()).map(drop)
}

/// Takes them away, so that the table can change.
pub(super) fn remove(backend: &dyn Backend, collection: &str) -> Outcome<()> {
    backend.execute(&format!("DROP VIEW IF EXISTS {}", name(collection)), &RowBuf::new()).map(drop)
}

/// The statement, where the collection has the view.
pub(super) fn insert(schema: &Schema) -> Option<String> {
    let view = View::of(schema)?;
    let marks: Vec<String> = (1..=view.columns).map(|column| format!("?{column}")).collect();
    Some(format!("INSERT INTO {} VALUES ({})", view.name, marks.join(", ")))
}

fn name(collection: &str) -> String {
    quote(&format!("_terrace_insert {collection}"))
}

/// The view of a collection: `c1`, `c2`, … for the columns of the collection, then for those of the log.
struct View {
    name: String,
    columns: usize,
}

impl View {
    fn of(schema: &Schema) -> Option<Self> {
        let columns = schema.columns.len() + LOG_COLUMNS;
        (columns <= MAX_COLUMNS).then(|| Self { name: name(schema.name), columns })
    }

    fn create(&self) -> String {
        let names: Vec<String> = (1..=self.columns).map(|column| format!("c{column}")).collect();
        let nulls = vec!["NULL"; self.columns];
        format!("CREATE VIEW {} ({}) AS SELECT {}", self.name, names.join(", "), nulls.join(", "))
    }

    fn trigger(&self, schema: &Schema) -> String {
        let column = |number: usize| format!("NEW.c{number}");
        let values: Vec<String> = (1..=schema.columns.len()).map(column).collect();
        let log = std::array::from_fn(|at| column(schema.columns.len() + at + 1));
        format!(
            "CREATE TRIGGER {} INSTEAD OF INSERT ON {} BEGIN {}; \
             SELECT RAISE(ABORT, '{NOT_TAIL}') WHERE changes() = 0; \
             INSERT INTO {} ({}) VALUES ({}); END",
            quote(&format!("_terrace_inserted {}", schema.name)),
            self.name,
            append_one_sql(&log),
            quote(schema.name),
            schema.column_list(),
            values.join(", ")
        )
    }
}

impl Db {
    /// Stores a new row with its event, if that can be done at once: outside of a transaction, and when the log's last
    /// row is known and has room.
    pub(super) fn insert_at_once(&self, table: &Table, row: &RowBuf) -> Outcome<bool> {
        let Some(sql) = &table.insert_at_once else { return Ok(false) };
        if self.reading.get() > 0 || self.log.borrow().depth() > 0 {
            return Ok(false);
        }
        let level = Level::begin(self);
        self.record_row(table, None, Some(row), 0)?;
        let run = |log: &[ValueRef<'_>]| match self.backend.execute(sql, &Both { row, log }) {
            Ok(_) => Ok(true),
            Err(failure) if is_not_tail(&failure) => Ok(false),
            Err(failure) => Err(failure.within(&table.insert.one)),
        };
        let written = self.log.borrow_mut().append_by(&*self.backend, &*self.clock, run)?;
        if written {
            level.commit();
        }
        Ok(written)
    }
}

fn is_not_tail(failure: &Failure) -> bool {
    matches!(&failure.cause, Cause::Constraint { source } if source.to_string().contains(NOT_TAIL))
}

/// The values of a row, then those for the log.
struct Both<'a> {
    row: &'a RowBuf,
    log: &'a [ValueRef<'a>],
}

impl Row for Both<'_> {
    fn len(&self) -> usize {
        self.row.len() + self.log.len()
    }

    fn value(&self, column: usize) -> Result<ValueRef<'_>, ValueError> {
        match column.checked_sub(self.row.len()) {
            None => self.row.value(column),
            Some(column) => self.log.value(column),
        }
    }
}
