//! A new document and its event by one statement, which is atomic by itself: no transaction to begin and to end, and
//! one crossing into SQLite instead of four.
//!
//! The statement inserts into a view that holds nothing. Its trigger appends the event to the log's last row and inserts
//! the document's row, or does neither (invariants 1 and 2). Where documents have moved into segments, it does neither
//! also when one of these may have the same id.

use crate::{
    error::{Cause, Failure, Outcome},
    schema::{MAX_COLUMNS, Schema, quote},
    value::{Row, RowBuf, ValueError, ValueRef},
};

use super::{Db, backend::Backend, columnar, table::Table, tail::append_one_sql, transaction::Level};

/// How many columns the view has after those of the collection: the number of the event, the log's next state, the frame.
const LOG_COLUMNS: usize = 3;

/// What the trigger says when a row group may hold the id.
const IN_GROUP: &str = "_terrace: a row group may have this id";

/// What the trigger says when the log's last row is not as it was read.
const NOT_TAIL: &str = "_terrace: another row is the last of the log";

/// Makes the view and its trigger, where they have not too many columns. `columnar` is the number of a collection of
/// which documents have moved into segments.
pub(super) fn create(backend: &dyn Backend, schema: &Schema, columnar: Option<u64>) -> Outcome<()> {
    let Some(view) = View::of(schema, columnar.is_some()) else { return Ok(()) };
    backend.execute(&view.create(), &RowBuf::new())?;
    backend.execute(&view.trigger(schema, columnar), &RowBuf::new()).map(drop)
}

/// Takes them away, so that the table can change.
pub(super) fn remove(backend: &dyn Backend, collection: &str, columnar: bool) -> Outcome<()> {
    let sql = format!("DROP VIEW IF EXISTS {}", name(collection, columnar));
    backend.execute(&sql, &RowBuf::new()).map(drop)
}

/// The statement, where the collection has the view.
pub(super) fn insert(schema: &Schema, columnar: bool) -> Option<String> {
    let view = View::of(schema, columnar)?;
    let marks: Vec<String> = (1..=view.columns).map(|column| format!("?{column}")).collect();
    Some(format!("INSERT INTO {} VALUES ({})", view.name, marks.join(", ")))
}

fn name(collection: &str, columnar: bool) -> String {
    quote(&format!("_terrace_insert {}", columnar::rows_table(collection, columnar)))
}

/// The view of a collection: `c1`, `c2`, … for the columns of the collection, the id's place among those of row groups
/// if there are any, then the columns of the log.
struct View {
    name: String,
    columns: usize,
}

impl View {
    /// Where unique values may be in segments, more has to be looked at than a trigger sees.
    fn of(schema: &Schema, columnar: bool) -> Option<Self> {
        let columns = schema.columns.len() + usize::from(columnar) + LOG_COLUMNS;
        let possible =
            columns <= MAX_COLUMNS && !(columnar && schema.indexes.iter().any(|index| index.unique));
        possible.then(|| Self { name: name(schema.name, columnar), columns })
    }

    fn create(&self) -> String {
        let names: Vec<String> = (1..=self.columns).map(|column| format!("c{column}")).collect();
        let nulls = vec!["NULL"; self.columns];
        format!("CREATE VIEW {} ({}) AS SELECT {}", self.name, names.join(", "), nulls.join(", "))
    }

    fn trigger(&self, schema: &Schema, columnar: Option<u64>) -> String {
        let column = |number: usize| format!("NEW.c{number}");
        let values: Vec<String> = (1..=schema.columns.len()).map(column).collect();
        let guard = columnar.map(|collection| {
            let key = column(schema.columns.len() + 1);
            format!(
                "SELECT RAISE(ABORT, '{IN_GROUP}') WHERE EXISTS (SELECT 1 FROM _terrace_group \
                 WHERE collection = {collection} AND last >= {key} AND first <= {key}); "
            )
        });
        let log = std::array::from_fn(|at| column(self.columns - LOG_COLUMNS + at + 1));
        format!(
            "CREATE TRIGGER {} INSTEAD OF INSERT ON {} BEGIN {}{}; \
             SELECT RAISE(ABORT, '{NOT_TAIL}') WHERE changes() = 0; \
             INSERT INTO {} ({}) VALUES ({}); END",
            quote(&format!("_terrace_inserted {}", columnar::rows_table(schema.name, columnar.is_some()))),
            self.name,
            guard.unwrap_or_default(),
            append_one_sql(&log),
            quote(&columnar::rows_table(schema.name, columnar.is_some())),
            schema.column_list(),
            values.join(", ")
        )
    }
}

impl Db {
    /// Stores a new row with its event, if that can be done at once: outside of a transaction, and when the log's last
    /// row is known and has room.
    pub(super) fn insert_at_once(&self, table: &Table, row: &RowBuf) -> Outcome<bool> {
        let Some(sql) = &table.sql().insert_at_once else { return Ok(false) };
        if self.reading.get() > 0 || self.log.borrow().depth() > 0 {
            return Ok(false);
        }
        let level = Level::begin(self);
        self.record_row(table, None, Some(row), 0)?;
        let key = if table.is_columnar() { Some(columnar::id_key(table.schema, row)?) } else { None };
        let key = key.as_deref().map(ValueRef::Blob);
        let run = |log: &[ValueRef<'_>]| match self
            .backend
            .execute(sql, &Parameters { row, key: key.as_slice(), log })
        {
            Ok(_) => Ok(true),
            Err(failure) if is_refused(&failure) || self.is_stale(table, &failure)? => Ok(false),
            Err(failure) => Err(failure.within(&table.sql().insert.one)),
        };
        let written = self.log.borrow_mut().append_by(&*self.backend, &*self.clock, run)?;
        if written {
            level.commit();
        }
        Ok(written)
    }
}

/// Whether the trigger leaves the row to a transaction.
fn is_refused(failure: &Failure) -> bool {
    let says = |source: &str| source.contains(NOT_TAIL) || source.contains(IN_GROUP);
    matches!(&failure.cause, Cause::Constraint { source } if says(&source.to_string()))
}

/// The values of a row, its id's place where it has one, then the values for the log.
struct Parameters<'a> {
    row: &'a RowBuf,
    key: &'a [ValueRef<'a>],
    log: &'a [ValueRef<'a>],
}

impl Row for Parameters<'_> {
    fn len(&self) -> usize {
        self.row.len() + self.key.len() + self.log.len()
    }

    fn value(&self, column: usize) -> Result<ValueRef<'_>, ValueError> {
        let Some(column) = column.checked_sub(self.row.len()) else { return self.row.value(column) };
        let rest = self.key.iter().chain(self.log).nth(column).copied();
        rest.ok_or(ValueError::Mismatch { expected: "one more parameter", found: "the end of the row" })
    }
}
