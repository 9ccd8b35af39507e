//! What the hot tier asks of SQLite: the one small trait behind which each backend is a leaf.
//!
//! A backend runs one statement at a time, keeps prepared statements by their text, and turns its own errors into
//! [`Failure`]s with the statement. It enforces the limits of Durable Objects (invariant 11).

use std::ops::ControlFlow;

use crate::{
    error::{Cause, Outcome},
    schema::{ColumnDef, Storage, quote},
    value::{Row, RowBuf},
};

/// What a backend is able to do across threads: natively it can be sent to another one.
#[cfg(not(target_family = "wasm"))]
pub(crate) trait Threads: Send {}
#[cfg(not(target_family = "wasm"))]
impl<T: Send> Threads for T {}
/// In an object there is one thread.
#[cfg(target_family = "wasm")]
pub(crate) trait Threads {}
#[cfg(target_family = "wasm")]
impl<T> Threads for T {}

/// What a callback does with each row of a query.
pub(crate) type EachRow<'a> = &'a mut dyn FnMut(&dyn Row) -> Outcome<ControlFlow<()>>;

/// A source of rows: fills the buffer, and says whether there was one more.
pub(crate) type NextRow<'a> = &'a mut dyn FnMut(&mut RowBuf) -> Outcome<bool>;

/// The statement that inserts one row, and the one that inserts several at once: SQLite then finds the place of a row
/// from that of the one before, which takes a third less time.
#[derive(Debug)]
pub(crate) struct Insert {
    pub(crate) one: String,
    pub(crate) many: String,
    /// How many rows `many` takes.
    pub(crate) rows: usize,
}

/// Whether the body of a transaction wants it kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Commit,
    Rollback,
}

/// SQLite, wherever it runs.
pub(crate) trait Backend: Threads {
    /// Runs a statement that writes; gives the number of rows that it changed.
    fn execute(&self, sql: &str, parameters: &dyn Row) -> Outcome<u64>;

    /// Inserts rows, several with each statement.
    ///
    /// Rows are asked for before the ones that came before them are stored.
    fn insert_rows(&self, insert: &Insert, next: NextRow<'_>) -> Outcome<()>;

    /// Runs a statement that reads, row by row, until the callback has enough.
    ///
    /// `columns` says what the columns hold. Where it does not, a number is an integer.
    fn query(&self, sql: &str, columns: &[Storage], parameters: &dyn Row, each: EachRow<'_>) -> Outcome<()>;

    /// As [`Backend::query`], for SQL of the user's: fails, and leaves nothing, if it does anything but read.
    fn query_foreign(&self, sql: &str, parameters: &dyn Row, each: EachRow<'_>) -> Outcome<()>;

    /// Runs `body` in a transaction, or inside of one in a savepoint. Rolls back when `body` says so or panics.
    fn transaction(&self, body: &mut dyn FnMut() -> Verdict) -> Outcome<()>;

    /// Runs `body`, whose statements all read the database as it is at one moment. It does not write.
    fn snapshot(&self, body: &mut dyn FnMut()) -> Outcome<()> {
        body();
        Ok(())
    }

    /// How a statement selects a column so that `query` gives its values bit for bit.
    fn selected(&self, column: &ColumnDef) -> String {
        quote(column.name)
    }
}

/// Selects columns of a collection, with commas.
pub(crate) fn select_list<'a>(backend: &dyn Backend, columns: impl Iterator<Item = &'a ColumnDef>) -> String {
    let columns: Vec<String> = columns.map(|column| backend.selected(column)).collect();
    columns.join(", ")
}

/// Runs `body` in a transaction that is kept when it succeeds.
pub(crate) fn atomically<R>(backend: &dyn Backend, body: impl FnOnce() -> Outcome<R>) -> Outcome<R> {
    let mut body = Some(body);
    let mut outcome = None;
    let committed = backend.transaction(&mut || {
        outcome = body.take().map(|body| body());
        if matches!(outcome, Some(Ok(_))) { Verdict::Commit } else { Verdict::Rollback }
    });
    match (outcome, committed) {
        (Some(Err(failure)), _) | (_, Err(failure)) => Err(failure),
        (Some(Ok(value)), Ok(())) => Ok(value),
        (None, Ok(())) => Err(Cause::Sqlite("the backend did not run the transaction".into()).into()),
    }
}

/// That a statement and the values given for it do not fit.
pub(crate) fn wrong_count(parameters: usize, given: usize) -> Cause {
    let problem = format!("the statement has {parameters} parameters and {given} values were given");
    Cause::Sqlite(problem.into())
}

/// Fills up to `count` rows anew; gives their number.
pub(crate) fn fill(rows: &mut Vec<RowBuf>, count: usize, next: NextRow<'_>) -> Outcome<usize> {
    for at in 0..count {
        if rows.len() == at {
            rows.push(RowBuf::new());
        }
        rows[at].clear();
        if !next(&mut rows[at])? {
            rows.truncate(at);
            break;
        }
    }
    Ok(rows.len())
}
