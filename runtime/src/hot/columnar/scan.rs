//! Reading every row group of a collection: what queries and analyses stand on.
//!
//! What is read together with the rows, in [`Db::consistently`], is one exact collection: the groups of [`Db::scan`] and
//! the rows of the table [`Statements::rows`](crate::hot::table::Statements).

use std::ops::ControlFlow;

use crate::{
    error::{Cause, Outcome},
    filter::Predicate,
    hot::{Db, table::Table},
    value::{Row, RowBuf},
    vortex::Bitmap,
};

use super::{group::Group, reader::Reader};

/// What is done with a row group: it can read columns, whole, of which those documents count whose bits are set.
pub(in crate::hot) type EachGroup<'a> = &'a mut dyn FnMut(&Reader<'_>, &Bitmap) -> Outcome<ControlFlow<()>>;

impl Db {
    /// Runs `each` over the row groups that hold documents for which `predicate` is true, by the least ids, until it
    /// has enough. None where every document is a row.
    pub(in crate::hot) fn scan(
        &self,
        table: &Table,
        predicate: &Predicate,
        each: EachGroup<'_>,
    ) -> Outcome<()> {
        if !table.is_columnar() {
            return Ok(());
        }
        for group in Group::all(&*self.backend, table.collection)? {
            let reader = Reader::new(self.groups(), group)?;
            let Some(found) = reader.select(predicate)? else { continue };
            if let ControlFlow::Break(()) = each(&reader, &found)? {
                break;
            }
        }
        Ok(())
    }

    /// Runs `each` over every document of a collection, rows and row groups.
    pub(in crate::hot) fn each_document_of(
        &self,
        table: &Table,
        each: &mut dyn FnMut(&dyn Row) -> Outcome<()>,
    ) -> Outcome<()> {
        self.refresh(table)?;
        self.scan(table, &Predicate::And(Vec::new()), &mut |group, found| {
            for row in group.rows(&found.ones().collect::<Vec<_>>(), None)? {
                each(&row)?;
            }
            Ok(ControlFlow::Continue(()))
        })?;
        let sql = format!("SELECT {} FROM {}", table.columns, table.sql().rows);
        self.backend
            .query(&sql, &table.storages, &RowBuf::new(), &mut |row| each(row).map(ControlFlow::Continue))
    }

    /// Runs `body`, whose statements all read the database as it is at one moment.
    pub(crate) fn consistently<R>(&self, body: impl FnOnce() -> Outcome<R>) -> Outcome<R> {
        let mut body = Some(body);
        let mut outcome = None;
        self.backend.snapshot(&mut || outcome = body.take().map(|body| body()))?;
        outcome.unwrap_or_else(|| Err(Cause::Sqlite("the backend did not read".into()).into()))
    }
}
