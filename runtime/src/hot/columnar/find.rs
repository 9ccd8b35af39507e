//! Queries over rows and row groups together.
//!
//! Without an order, the groups come first and then the rows. With one, the first documents of each are kept as far as the
//! limit goes: so no more than a group is in memory beyond what is returned.

use std::ops::ControlFlow;

use crate::{
    error::Outcome,
    filter::Predicate,
    hot::{Db, backend::EachRow, cursor::Cursor, sql::Sql, table::Table},
    value::{Row, RowBuf},
    vortex::Column,
};

use super::{
    order::{self, Sort},
    reader::Reader,
};

/// How many documents of a query without a limit are sorted at a time when they are not all returned.
const CHUNK: u64 = 16_384;

/// The statement over the rows after a place, with a limit.
type RowsSql<'a> = dyn Fn(Option<&Cursor>, Option<u64>) -> Outcome<Sql> + 'a;

/// What is wanted of a query.
pub(in crate::hot) struct Wanted<'a> {
    pub(in crate::hot) predicate: &'a Predicate,
    /// The columns to sort by, the id's at the end; none where any order will do.
    pub(in crate::hot) sort: &'a [Sort],
    pub(in crate::hot) after: Option<&'a Cursor>,
    pub(in crate::hot) limit: Option<u64>,
    /// The columns whose values are wanted; the others are NULL.
    pub(in crate::hot) columns: &'a [usize],
    /// What selects the rows.
    pub(in crate::hot) sql: &'a RowsSql<'a>,
}

impl Db {
    /// Runs `each` over the documents that are found. `returned` says that all of them are kept.
    pub(in crate::hot) fn find_both(
        &self,
        table: &Table,
        wanted: &Wanted<'_>,
        returned: bool,
        each: EachRow<'_>,
    ) -> Outcome<()> {
        if wanted.sort.is_empty() {
            return self.find_unsorted(table, wanted, each);
        }
        let mut after = wanted.after.cloned();
        let mut left = wanted.limit;
        loop {
            let size = if returned { left } else { Some(left.unwrap_or(u64::MAX).min(CHUNK)) };
            let rows = self.first_of_both(table, wanted, after.as_ref(), size)?;
            let more = size.is_some_and(|size| rows.len() as u64 == size);
            if let Some(last) = rows.last().filter(|_| more) {
                after = Some(cursor(table, wanted.sort, last)?);
            }
            left = left.map(|left| left - rows.len() as u64);
            for row in rows {
                if each(&row)?.is_break() {
                    return Ok(());
                }
            }
            if !more || left == Some(0) {
                return Ok(());
            }
        }
    }

    fn find_unsorted(&self, table: &Table, wanted: &Wanted<'_>, each: EachRow<'_>) -> Outcome<()> {
        let sql = (wanted.sql)(None, None)?;
        let mut enough = false;
        self.scan(table, wanted.predicate, &mut |group, found| {
            for row in group.rows(&found.ones().collect::<Vec<_>>(), Some(wanted.columns))? {
                if each(&row)?.is_break() {
                    enough = true;
                    return Ok(ControlFlow::Break(()));
                }
            }
            Ok(ControlFlow::Continue(()))
        })?;
        if enough { Ok(()) } else { self.backend.query(&sql.text, &table.storages, &sql.parameters, each) }
    }

    /// The first `limit` documents after a place, in order.
    fn first_of_both(
        &self,
        table: &Table,
        wanted: &Wanted<'_>,
        after: Option<&Cursor>,
        limit: Option<u64>,
    ) -> Outcome<Vec<RowBuf>> {
        let sql = (wanted.sql)(after, limit)?;
        let limit = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
        let mut first = First { rows: Vec::new(), limit, sort: wanted.sort };
        self.scan(table, wanted.predicate, &mut |group, found| {
            let columns = sort_columns(group, wanted.sort)?;
            let mut places: Vec<usize> = found.ones().collect();
            if let Some(after) = after {
                places.retain(|&at| is_after(&columns, at, after));
            }
            places.sort_unstable_by(|&a, &b| order::places(&columns, a, b));
            places.truncate(limit);
            first.add(group.rows(&places, Some(wanted.columns))?)?;
            Ok(ControlFlow::Continue(()))
        })?;
        let mut found = Vec::new();
        self.backend.query(&sql.text, &table.storages, &sql.parameters, &mut |row| {
            found.push(RowBuf::copy(row)?);
            Ok(ControlFlow::Continue(()))
        })?;
        first.add(found)?;
        Ok(first.rows)
    }

    /// How many documents are found in row groups, up to the limit.
    pub(in crate::hot) fn count_in_groups(&self, table: &Table, wanted: &Wanted<'_>) -> Outcome<u64> {
        let limit = wanted.limit.unwrap_or(u64::MAX);
        let mut count = 0;
        self.scan(table, wanted.predicate, &mut |group, found| {
            count += match wanted.after {
                None => found.count(),
                Some(after) => {
                    let columns = sort_columns(group, wanted.sort)?;
                    found.ones().filter(|&at| is_after(&columns, at, after)).count()
                }
            } as u64;
            Ok(if count >= limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })?;
        Ok(count.min(limit))
    }
}

/// The first rows of what was added.
struct First<'a> {
    rows: Vec<RowBuf>,
    limit: usize,
    sort: &'a [Sort],
}

impl First<'_> {
    fn add(&mut self, mut rows: Vec<RowBuf>) -> Outcome<()> {
        self.rows.append(&mut rows);
        let mut failed = None;
        self.rows.sort_by(|a, b| {
            order::rows(a, b, self.sort).unwrap_or_else(|failure| {
                failed = Some(failure);
                std::cmp::Ordering::Equal
            })
        });
        self.rows.truncate(self.limit);
        failed.map_or(Ok(()), Err)
    }
}

fn sort_columns(group: &Reader<'_>, sort: &[Sort]) -> Outcome<Vec<(Column, bool)>> {
    sort.iter().map(|&(column, descending)| Ok((group.column(column)?, descending))).collect()
}

/// Whether a place of columns is after a cursor's, whose values these are.
fn is_after(columns: &[(Column, bool)], at: usize, after: &Cursor) -> bool {
    for ((column, descending), value) in columns.iter().zip(&after.values) {
        let order = order::values(column.get(at).as_ref(), value.as_ref());
        if order.is_ne() {
            return order.is_gt() != *descending;
        }
    }
    false
}

/// The cursor behind a row.
fn cursor(table: &Table, sort: &[Sort], row: &RowBuf) -> Outcome<Cursor> {
    let values = sort.iter().map(|&(column, _)| Ok(row.value(column)?.to_owned()));
    let columns = sort.iter().map(|&(column, descending)| {
        let name = table.schema.columns[column].name;
        if descending { format!("-{name}") } else { name.to_owned() }
    });
    Ok(Cursor { columns: columns.collect(), values: values.collect::<Outcome<_>>()? })
}
