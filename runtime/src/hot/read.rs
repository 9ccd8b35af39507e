//! Small reads of the hot tier's own tables: typed columns, every row of a query, one row.

use std::ops::ControlFlow;

use crate::{
    error::{Cause, Failure, Outcome},
    schema::Storage,
    value::{Row, ValueRef},
};

use super::backend::Backend;

/// Runs `each` over every row.
pub(super) fn each(
    backend: &dyn Backend,
    sql: &str,
    parameters: &dyn Row,
    mut each: impl FnMut(&dyn Row) -> Outcome<()>,
) -> Outcome<()> {
    backend.query(sql, &[], parameters, &mut |row| each(row).map(ControlFlow::Continue))
}

/// The first row, if there is one.
pub(super) fn first<R>(
    backend: &dyn Backend,
    sql: &str,
    parameters: &dyn Row,
    read: impl Fn(&dyn Row) -> Outcome<R>,
) -> Outcome<Option<R>> {
    first_of(backend, sql, &[], parameters, read)
}

/// As [`first`], of a statement whose columns hold more than integers, texts and blobs.
pub(super) fn first_of<R>(
    backend: &dyn Backend,
    sql: &str,
    columns: &[Storage],
    parameters: &dyn Row,
    read: impl Fn(&dyn Row) -> Outcome<R>,
) -> Outcome<Option<R>> {
    let mut found = None;
    backend.query(sql, columns, parameters, &mut |row| {
        found = Some(read(row)?);
        Ok(ControlFlow::Break(()))
    })?;
    Ok(found)
}

pub(super) fn unsigned(row: &dyn Row, column: usize) -> Outcome<u64> {
    match row.value(column)? {
        ValueRef::Integer(integer) => u64::try_from(integer).map_err(|_| damaged()),
        _ => Err(damaged()),
    }
}

pub(super) fn blob(row: &dyn Row, column: usize) -> Outcome<&[u8]> {
    match row.value(column)? {
        ValueRef::Blob(bytes) => Ok(bytes),
        _ => Err(damaged()),
    }
}

pub(super) fn text(row: &dyn Row, column: usize) -> Outcome<&str> {
    match row.value(column)? {
        ValueRef::Text(text) => Ok(text),
        _ => Err(damaged()),
    }
}

fn damaged() -> Failure {
    let what = "one of terrace's own tables".to_owned();
    Cause::Corrupt { what, problem: "a column holds a value of another type".to_owned() }.into()
}

/// The error for something stored that is not as it was written.
pub(super) fn corrupt(what: &str, problem: &str) -> Cause {
    Cause::Corrupt { what: what.to_owned(), problem: problem.to_owned() }
}

/// A number that is no greater than `i64::MAX`, as all that are counted here.
pub(super) fn integer(number: u64) -> ValueRef<'static> {
    ValueRef::Integer(number.cast_signed())
}
