//! SQLite inside of a Durable Object, by `SqlStorage`.
//!
//! Keeps invariant 7 where JavaScript would not: it has one type of number, and SQLite gets each of them as a REAL. So an
//! integer that no double holds crosses as text, and `columns` of a query says which numbers are floats. Every cursor
//! is read to its end or belongs to a statement that gives no rows, since an open one stops the commit.

mod bindings;
mod failure;
mod foreign;
mod values;

use std::{cell::RefCell, collections::HashMap, ops::ControlFlow};

use js_sys::{Array, JsString};
use wasm_bindgen::{JsCast, JsValue, closure::ScopedClosure};
use worker::State;

use crate::{
    error::{Failure, Outcome},
    hot::backend::{Backend, EachRow, Insert, NextRow, Verdict, fill},
    schema::{ColumnDef, Storage},
    value::{Row, RowBuf, ValueError, ValueRef},
};

use bindings::{RawRows, Sql, SqlCursor, Storage as ObjectStorage, take};
use failure::failure;

/// How many rows cross at once.
const ROWS: u32 = 256;

/// How many statements are kept as JavaScript strings.
const STATEMENTS: usize = 256;

/// The storage of an object.
pub(crate) struct Durable {
    storage: ObjectStorage,
    sql: Sql,
    /// The statements as JavaScript has them, so that each crosses once.
    statements: RefCell<HashMap<Box<str>, JsString>>,
}

impl Durable {
    pub(crate) fn new(state: &State) -> Self {
        let storage: ObjectStorage = JsValue::from(state.storage().as_raw()).unchecked_into();
        let sql = storage.sql();
        Self { storage, sql, statements: RefCell::default() }
    }

    fn statement(&self, sql: &str) -> JsString {
        let mut statements = self.statements.borrow_mut();
        if let Some(statement) = statements.get(sql) {
            return statement.clone();
        }
        if statements.len() >= STATEMENTS {
            statements.clear();
        }
        let statement = JsString::from(sql);
        statements.insert(sql.into(), statement.clone());
        statement
    }

    fn run(&self, sql: &str, parameters: &Array) -> Outcome<SqlCursor> {
        self.sql.exec(&self.statement(sql), parameters).map_err(|error| failure(&error, sql))
    }

    /// Runs a statement that gives rows, and reads them to the end or until the callback has enough.
    fn read(&self, query: &Query<'_>, columns: &[Storage], each: EachRow<'_>) -> Outcome<()> {
        let cursor = self.run(query.sql, &query.parameters)?;
        let rows = cursor.raw();
        let read = read_rows(&rows, columns, query, each);
        let finished = bindings::finish(&rows).map_err(|error| failure(&error, query.sql));
        read.and(finished)
    }
}

/// A statement that gives rows.
struct Query<'a> {
    sql: &'a str,
    parameters: Array,
    /// The names of its columns, where rows are asked for them.
    names: &'a [String],
    /// How a value comes back from JavaScript.
    decode: fn(&JsValue, Option<Storage>, &mut RowBuf) -> Result<(), ValueError>,
}

fn read_rows(rows: &RawRows, columns: &[Storage], query: &Query<'_>, each: EachRow<'_>) -> Outcome<()> {
    let mut row = RowBuf::new();
    loop {
        let taken = take(rows, ROWS).map_err(|error| failure(&error, query.sql))?;
        for values in taken.iter() {
            row.clear();
            for (at, value) in values.unchecked_into::<Array>().iter().enumerate() {
                (query.decode)(&value, columns.get(at).copied(), &mut row)?;
            }
            if let ControlFlow::Break(()) = each(&Named { row: &row, names: query.names })? {
                return Ok(());
            }
        }
        if taken.length() < ROWS {
            return Ok(());
        }
    }
}

/// A row that was read, with the names of its columns.
struct Named<'a> {
    row: &'a RowBuf,
    names: &'a [String],
}

impl Row for Named<'_> {
    fn len(&self) -> usize {
        self.row.len()
    }

    fn value(&self, column: usize) -> Result<ValueRef<'_>, ValueError> {
        if column >= self.row.len() {
            return Err(ValueError::Mismatch { expected: "one more column", found: "the end of the row" });
        }
        self.row.value(column)
    }

    fn name(&self, column: usize) -> Option<&str> {
        self.names.get(column).map(String::as_str)
    }
}

impl Backend for Durable {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a count
    fn execute(&self, sql: &str, parameters: &dyn Row) -> Outcome<u64> {
        let cursor = self.run(sql, &values::parameters(parameters)?)?;
        Ok(cursor.rows_written() as u64)
    }

    fn insert_rows(&self, insert: &Insert, next: NextRow<'_>) -> Outcome<()> {
        let mut rows = Vec::new();
        while fill(&mut rows, insert.rows, next)? == insert.rows {
            self.run(&insert.many, &values::parameters_of(&rows)?)?;
        }
        rows.iter().try_for_each(|row| self.execute(&insert.one, row).map(drop))
    }

    fn query(&self, sql: &str, columns: &[Storage], parameters: &dyn Row, each: EachRow<'_>) -> Outcome<()> {
        let parameters = values::parameters(parameters)?;
        self.read(&Query { sql, parameters, names: &[], decode: values::decode }, columns, each)
    }

    fn query_foreign(&self, sql: &str, parameters: &dyn Row, each: EachRow<'_>) -> Outcome<()> {
        let inner = foreign::inner(sql, parameters)?;
        let bound = values::parameters(parameters)?;
        let refused = |failure: Failure| foreign::refusal(failure, sql);
        let names = self.run(&foreign::names(&inner), &bound).map_err(refused)?.column_names();
        let outer = foreign::outer(&inner, names.len());
        let query = Query { sql: &outer, parameters: bound, names: &names, decode: foreign::decode };
        self.read(&query, &[], each).map_err(refused)
    }

    fn transaction(&self, body: &mut dyn FnMut() -> Verdict) -> Outcome<()> {
        let mut entered = false;
        let mut verdict = None;
        let mut run = || -> Result<(), JsValue> {
            entered = true;
            let reached = body();
            verdict = Some(reached);
            // Only what is thrown makes `transactionSync` roll back.
            if reached == Verdict::Commit { Ok(()) } else { Err(JsValue::UNDEFINED) }
        };
        let closure =
            ScopedClosure::<dyn FnMut() -> Result<(), JsValue>>::borrow_mut_assert_unwind_safe(&mut run);
        let ended = self.storage.transaction_sync(&closure);
        drop(closure);
        match (ended, verdict) {
            (Ok(()), _) | (Err(_), Some(Verdict::Rollback)) => Ok(()),
            (Err(_), None) if entered => {
                std::panic::resume_unwind(Box::new("the body of a transaction panicked"))
            }
            (Err(error), _) => Err(failure(&error, "")),
        }
    }

    fn selected(&self, column: &ColumnDef) -> String {
        values::selected(column)
    }
}
