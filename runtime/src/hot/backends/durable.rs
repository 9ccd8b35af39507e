//! SQLite inside of a Durable Object, by `SqlStorage`.
//!
//! Keeps invariant 7 where JavaScript would not: it has one type of number, and SQLite gets each of them as a REAL. So an
//! integer that no double holds crosses as text, and `columns` of a query says which numbers are floats. Every cursor
//! is read to its end or belongs to a statement that gives no rows, since an open one stops the commit.

mod bindings;
mod crossing;
mod failure;
mod foreign;
mod transactions;
mod values;

use std::{cell::RefCell, ops::ControlFlow};

use rustc_hash::FxHashMap;
use wasm_bindgen::{JsCast, JsValue};
use worker::State;

use crate::{
    error::{Failure, Outcome},
    hot::backend::{Backend, EachRow, Insert, NextRow, Verdict, fill},
    schema::{ColumnDef, Storage},
    value::{Row, ValueError, ValueRef},
};

pub(in crate::hot) use failure::refused;

use bindings::{Gate, RawRows, SqlCursor, Storage as ObjectStorage, take};
use crossing::{JsRef, Packed};
use failure::failure;
use transactions::Transactions;

/// How many rows cross at once.
const ROWS: u32 = 256;

/// How many statements are kept as JavaScript strings.
const STATEMENTS: usize = 256;

/// The storage of an object.
pub(crate) struct Durable {
    storage: ObjectStorage,
    gate: Gate,
    /// The numbers of the statements that JavaScript has, so that each crosses once.
    statements: RefCell<FxHashMap<Box<str>, usize>>,
    /// The parameters of the statement that is about to run.
    parameters: RefCell<Packed>,
    transactions: Transactions,
}

/// The storage of an object, with what the `worker` crate does not bind.
pub(in crate::hot) fn storage_of(state: &State) -> ObjectStorage {
    JsValue::from(state.storage().as_raw()).unchecked_into()
}

impl Durable {
    pub(crate) fn new(state: &State) -> Self {
        let storage = storage_of(state);
        let gate = Gate::new(&storage.sql(), &wasm_bindgen::memory());
        Self {
            storage,
            gate,
            statements: RefCell::default(),
            parameters: RefCell::default(),
            transactions: Transactions::default(),
        }
    }

    /// The number of a statement.
    fn statement(&self, sql: &str) -> usize {
        let mut statements = self.statements.borrow_mut();
        if let Some(number) = statements.get(sql) {
            return *number;
        }
        if statements.len() >= STATEMENTS {
            statements.clear();
            self.gate.forget();
        }
        let number = self.gate.keep(sql);
        statements.insert(sql.into(), number);
        number
    }

    /// Runs a statement that gives no rows, with the values of `rows` as its parameters.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a count
    fn run(&self, sql: &str, rows: &[&dyn Row]) -> Outcome<u64> {
        self.cross(sql, rows, Gate::execute).map(|written| written as u64)
    }

    /// Begins a statement that gives rows.
    fn begin(&self, sql: &str, parameters: &dyn Row) -> Outcome<SqlCursor> {
        self.cross(sql, &[parameters], Gate::query)
    }

    fn cross<R>(
        &self,
        sql: &str,
        rows: &[&dyn Row],
        run: fn(&Gate, usize, &Packed) -> Result<R, JsValue>,
    ) -> Outcome<R> {
        self.transactions.check(sql)?;
        let parameters = &mut *self.parameters.borrow_mut();
        parameters.clear();
        rows.iter().try_for_each(|row| parameters.append(*row))?;
        run(&self.gate, self.statement(sql), parameters).map_err(|error| {
            self.transactions.failed(&self.gate);
            failure(&error, sql)
        })
    }

    /// Runs a statement that gives rows, and reads them to the end or until the callback has enough.
    fn read(&self, query: &Query<'_>, columns: &[Storage], each: EachRow<'_>) -> Outcome<()> {
        let rows = self.begin(query.sql, query.parameters)?.raw();
        let read = read_rows(&rows, columns, query, each);
        if let Ok(true) = read {
            return Ok(());
        }
        let finished = bindings::finish(&rows).map_err(|error| failure(&error, query.sql));
        read.and(finished)
    }
}

/// A statement that gives rows.
struct Query<'a> {
    sql: &'a str,
    parameters: &'a dyn Row,
    /// The names of its columns, where rows are asked for them.
    names: &'a [String],
    /// What a value that comes back from JavaScript is.
    decode: for<'v> fn(JsRef<'v>, Option<Storage>) -> Result<ValueRef<'v>, ValueError>,
}

/// Says whether all were read.
fn read_rows(rows: &RawRows, columns: &[Storage], query: &Query<'_>, each: EachRow<'_>) -> Outcome<bool> {
    let blobs: Vec<u8> = columns.iter().map(|column| u8::from(*column == Storage::Blob)).collect();
    loop {
        let taken = take(rows, ROWS, &blobs).map_err(|error| failure(&error, query.sql))?;
        let packed = Packed::from(&taken);
        let mut values = packed.iter();
        let width = packed.len().checked_div(taken.count()).unwrap_or(0);
        let mut row = Vec::with_capacity(width);
        for _ in 0..taken.count() {
            row.clear();
            for (at, value) in values.by_ref().take(width).enumerate() {
                row.push((query.decode)(value, columns.get(at).copied())?);
            }
            if let ControlFlow::Break(()) = each(&Named { row: &row, names: query.names })? {
                return Ok(taken.ended());
            }
        }
        if taken.ended() {
            return Ok(true);
        }
    }
}

/// A row that was read, with the names of its columns.
struct Named<'a> {
    row: &'a [ValueRef<'a>],
    names: &'a [String],
}

impl Row for Named<'_> {
    fn len(&self) -> usize {
        self.row.len()
    }

    fn value(&self, column: usize) -> Result<ValueRef<'_>, ValueError> {
        let value = self.row.get(column).copied();
        value.ok_or(ValueError::Mismatch { expected: "one more column", found: "the end of the row" })
    }

    fn name(&self, column: usize) -> Option<&str> {
        self.names.get(column).map(String::as_str)
    }
}

impl Backend for Durable {
    fn execute(&self, sql: &str, parameters: &dyn Row) -> Outcome<u64> {
        self.run(sql, &[parameters])
    }

    fn insert_rows(&self, insert: &Insert, next: NextRow<'_>) -> Outcome<()> {
        let mut rows = Vec::new();
        while fill(&mut rows, insert.rows, next)? == insert.rows {
            let rows: Vec<&dyn Row> = rows.iter().map(|row| row as &dyn Row).collect();
            self.run(&insert.many, &rows)?;
        }
        rows.iter().try_for_each(|row| self.execute(&insert.one, row).map(drop))
    }

    fn query(&self, sql: &str, columns: &[Storage], parameters: &dyn Row, each: EachRow<'_>) -> Outcome<()> {
        self.read(&Query { sql, parameters, names: &[], decode: values::decode }, columns, each)
    }

    fn query_foreign(&self, sql: &str, parameters: &dyn Row, each: EachRow<'_>) -> Outcome<()> {
        let inner = foreign::inner(sql, parameters)?;
        let refused = |failure: Failure| foreign::refusal(failure, sql);
        let names = self.begin(&foreign::names(&inner), parameters).map_err(refused)?.column_names();
        let outer = foreign::outer(&inner, names.len());
        let query = Query { sql: &outer, parameters, names: &names, decode: foreign::decode };
        self.read(&query, &[], each).map_err(refused)
    }

    fn transaction(&self, body: &mut dyn FnMut() -> Verdict) -> Outcome<()> {
        self.transactions.run(&self.storage, body)
    }

    fn selected(&self, column: &ColumnDef) -> String {
        values::selected(column)
    }
}
