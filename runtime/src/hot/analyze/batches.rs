//! The documents of a question, as columns: a batch of rows at a time, then each row group of segments.

use std::ops::ControlFlow;

use crate::{
    error::Outcome,
    hot::{backend::select_list, sql::Sql, table::Table},
    schema::{Collection, Storage},
    vortex::{Column, DataType},
};

use super::Analyze;

/// How many rows a batch has.
const ROWS: usize = 8_192;

/// What is done with a batch: its columns, and where in them the documents are that count.
pub(super) type EachBatch<'a> = &'a mut dyn FnMut(&[Column], &[u32]) -> Outcome<()>;

/// Reads the columns at `positions` of every document for which the filter is true.
pub(super) fn each<T: Collection>(
    analyze: &Analyze<'_, T>,
    positions: &[usize],
    each: EachBatch<'_>,
) -> Outcome<()> {
    let db = analyze.db;
    let table = db.table::<T>()?;
    if !table.is_columnar() {
        match rows(analyze, table, positions, each) {
            Err(failure) if db.is_stale(table, &failure)? => {}
            other => return other,
        }
    }
    db.consistently(|| {
        rows(analyze, table, positions, each)?;
        groups(analyze, table, positions, each)
    })
}

fn groups<T: Collection>(
    analyze: &Analyze<'_, T>,
    table: &Table,
    positions: &[usize],
    each: EachBatch<'_>,
) -> Outcome<()> {
    let predicate = analyze.filter.clone().into_predicate()?;
    analyze.db.scan(table, &predicate, &mut |group, found| {
        let columns: Vec<Column> =
            positions.iter().map(|&position| group.column(position)).collect::<Outcome<_>>()?;
        let places: Vec<u32> = found.ones().map(|at| u32::try_from(at).unwrap_or(u32::MAX)).collect();
        each(&columns, &places)?;
        Ok(ControlFlow::Continue(()))
    })
}

fn rows<T: Collection>(
    analyze: &Analyze<'_, T>,
    table: &Table,
    positions: &[usize],
    each: EachBatch<'_>,
) -> Outcome<()> {
    let backend = &*analyze.db.backend;
    let defs = || positions.iter().map(|&at| &table.schema.columns[at]);
    let columns = if positions.is_empty() { "1".to_owned() } else { select_list(backend, defs()) };
    let mut sql = Sql::default();
    sql.push(&format!("SELECT {columns} FROM {} WHERE ", table.sql().rows));
    sql.predicate(table.schema, &analyze.filter.clone().into_predicate()?)?;
    let storages: Vec<Storage> = defs().map(|column| column.kind.storage()).collect();
    let empty = || -> Vec<Column> {
        defs().map(|column| Column::new(DataType::of(column.kind), column.nullable)).collect()
    };
    let all: Vec<u32> = (0..).take(ROWS).collect();
    let (mut batch, mut count) = (empty(), 0);
    backend.query(&sql.text, &storages, &sql.parameters, &mut |row| {
        for (at, column) in batch.iter_mut().enumerate() {
            column.push(row.value(at)?)?;
        }
        count += 1;
        if count == ROWS {
            each(&batch, &all)?;
            (batch, count) = (empty(), 0);
        }
        Ok(ControlFlow::Continue(()))
    })?;
    if count > 0 { each(&batch, &all[..count]) } else { Ok(()) }
}
