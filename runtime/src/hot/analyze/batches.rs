//! The documents of a question, as columns, a batch at a time: first those that are rows, then those of each row group.
//! What is decoded of a batch fits into the processor's caches.

use std::{cell::RefCell, ops::ControlFlow, rc::Rc};

use crate::{
    error::Outcome,
    hot::{backend::select_list, sql::Sql, table::Table},
    schema::{Collection, Storage},
    vortex::{Column, DataType},
};

use super::Analyze;

/// How many rows a batch has.
const ROWS: usize = 4_096;

/// What is done with a batch: its columns, and where in them the documents are that count.
pub(super) type EachBatch<'a> = &'a mut dyn FnMut(&[Values], &[u32]) -> Outcome<()>;

/// A column that is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    pub(super) position: usize,
    /// Whether it is only asked which values are the same.
    pub(super) as_key: bool,
}

/// The values of a column in a batch.
pub(super) enum Values {
    Plain(Column),
    /// The different ones, which are the same for many batches, and the place of each document's own among them. Only of
    /// a column that is wanted as key.
    Dictionary(Rc<Column>, Vec<u32>),
}

impl Values {
    /// The column, where it was not wanted as key alone.
    pub(super) fn plain(&self) -> Option<&Column> {
        match self {
            Self::Plain(column) => Some(column),
            Self::Dictionary(..) => None,
        }
    }
}

/// Reads columns of every document for which the filter is true.
pub(super) fn each<T: Collection>(
    analyze: &Analyze<'_, T>,
    wanted: &[Wanted],
    each: EachBatch<'_>,
) -> Outcome<()> {
    let db = analyze.db;
    let table = db.table::<T>()?;
    let each = RefCell::new(each);
    let rows = || rows(analyze, table, wanted, &mut **each.borrow_mut());
    let both = || {
        rows()?;
        groups(analyze, table, wanted, &mut **each.borrow_mut())
    };
    db.over(table, rows, both)
}

fn groups<T: Collection>(
    analyze: &Analyze<'_, T>,
    table: &Table,
    wanted: &[Wanted],
    each: EachBatch<'_>,
) -> Outcome<()> {
    let predicate = analyze.filter.clone().into_predicate()?;
    analyze.db.scan(table, &predicate, &mut |group, found| {
        let dictionary = |column: &Wanted| {
            let values = if column.as_key { group.dictionary(column.position)? } else { None };
            Ok(values.map(Rc::new))
        };
        let dictionaries: Vec<_> = wanted.iter().map(dictionary).collect::<Outcome<_>>()?;
        let mut places = Vec::with_capacity(ROWS);
        for start in (0..group.len()).step_by(ROWS) {
            let rows = start..group.len().min(start + ROWS);
            found.slice(rows.clone()).places(&mut places);
            if places.is_empty() {
                continue;
            }
            let read = |(column, dictionary): (&Wanted, &Option<Rc<Column>>)| {
                Ok(match dictionary {
                    Some(values) => {
                        Values::Dictionary(values.clone(), group.codes(column.position, rows.clone())?)
                    }
                    None => Values::Plain(group.part(column.position, rows.clone())?),
                })
            };
            let columns: Vec<Values> = wanted.iter().zip(&dictionaries).map(read).collect::<Outcome<_>>()?;
            each(&columns, &places)?;
        }
        Ok(ControlFlow::Continue(()))
    })
}

fn rows<T: Collection>(
    analyze: &Analyze<'_, T>,
    table: &Table,
    wanted: &[Wanted],
    each: EachBatch<'_>,
) -> Outcome<()> {
    let backend = &*analyze.db.backend;
    let defs = || wanted.iter().map(|column| &table.schema.columns[column.position]);
    let columns = if wanted.is_empty() { "1".to_owned() } else { select_list(backend, defs()) };
    let mut sql = Sql::default();
    sql.push(&format!("SELECT {columns} FROM {} WHERE ", table.sql().rows));
    sql.predicate(table.schema, &analyze.filter.clone().into_predicate()?)?;
    let storages: Vec<Storage> = defs().map(|column| column.kind.storage()).collect();
    let empty = || -> Vec<Column> {
        defs().map(|column| Column::new(DataType::of(column.kind), column.nullable)).collect()
    };
    let all: Vec<u32> = (0..).take(ROWS).collect();
    let (mut batch, mut count) = (empty(), 0);
    let mut end = |batch: Vec<Column>, count: usize| {
        let columns: Vec<Values> = batch.into_iter().map(Values::Plain).collect();
        each(&columns, &all[..count])
    };
    backend.query(&sql.text, &storages, &sql.parameters, &mut |row| {
        for (at, column) in batch.iter_mut().enumerate() {
            column.push(row.value(at)?)?;
        }
        count += 1;
        if count == ROWS {
            end(std::mem::replace(&mut batch, empty()), count)?;
            count = 0;
        }
        Ok(ControlFlow::Continue(()))
    })?;
    if count > 0 { end(batch, count) } else { Ok(()) }
}
