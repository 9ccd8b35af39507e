//! Documents as columns: row groups of VRTX segments inside of SQLite, beside the rows that are not encoded yet.
//!
//! A document is a row or has a place in one row group, never both; every reader sees one exact collection. What moves
//! documents between the two leaves no event: the log and the checksum do not know where a document lives.
//!
//! The table of a collection has the collection's name as long as every document is a row. Before the first ones move, it
//! is renamed: a statement that knows only of rows then finds no table, whichever connection runs it, and is run anew
//! over both. So nothing has to be looked up for a collection without segments.

mod copy;
mod find;
mod foreign;
mod group;
mod key;
mod locate;
mod maintain;
mod migrate;
mod opened;
mod order;
mod reader;
mod regroup;
mod scan;
mod unique;

pub(super) use copy::Copied;
pub(super) use find::Wanted;
#[cfg(feature = "native")]
pub(super) use group::Group;
pub(super) use group::Source;
pub(super) use key::id_key;
pub(crate) use key::whole_key;
pub(super) use locate::Found;
pub use maintain::{Maintained, Maintenance};
pub(super) use migrate::{each_document, index_again};
pub(super) use opened::Opened;
pub(super) use order::values as order_of_values;
pub(super) use regroup::Batch;

use crate::{
    error::{Cause, Failure, Outcome},
    schema::{Schema, quote},
    value::{RowBuf, ValueRef},
};

use super::{Db, at_once, backend::Backend, read, table::Table};

/// What stands before the name of a collection in that of its table of rows, once documents have moved into segments.
pub(super) const ROWS: &str = "_terrace_rows ";

/// The tables of row groups. `first` and `last` are the least and the greatest [`id_key`] of a group, `live` counts the
/// bits that `deleted` does not have. A number is never used again, so what was read of a group stays true. The id of a
/// segment is a number, the rowid: with a key of several columns SQLite reads each segment that it passes on its search.
const TABLES: [&str; 4] = [
    "CREATE TABLE IF NOT EXISTS _terrace_group (number INTEGER PRIMARY KEY AUTOINCREMENT, \
     collection INTEGER NOT NULL, schema INTEGER NOT NULL, rows INTEGER NOT NULL, live INTEGER NOT NULL, \
     first BLOB NOT NULL, last BLOB NOT NULL, deleted BLOB NOT NULL) STRICT",
    "CREATE INDEX IF NOT EXISTS _terrace_group_ids ON _terrace_group (collection, last, first)",
    "CREATE TABLE IF NOT EXISTS _terrace_segment (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT",
    "CREATE TABLE IF NOT EXISTS _terrace_unique (collection INTEGER NOT NULL, key BLOB NOT NULL, \
     PRIMARY KEY (collection, key)) STRICT, WITHOUT ROWID",
];

/// The name of the table of a collection's rows.
pub(super) fn rows_table(collection: &str, columnar: bool) -> String {
    if columnar { format!("{ROWS}{collection}") } else { collection.to_owned() }
}

/// The collections of which documents may live in segments, opened here or not; none where there is no database yet.
///
/// One statement answers both, since every opening asks them.
pub(super) fn collections(backend: &dyn Backend) -> Outcome<Option<Vec<String>>> {
    let sql = "SELECT name FROM sqlite_master WHERE type = 'table' \
               AND (name = '_terrace_object' OR name GLOB '_terrace_rows *')";
    let (mut exists, mut names) = (false, Vec::new());
    read::each(backend, sql, &RowBuf::new(), |row| {
        match read::text(row, 0)?.strip_prefix(ROWS) {
            Some(name) => names.push(name.to_owned()),
            None => exists = true,
        }
        Ok(())
    })?;
    Ok(exists.then_some(names))
}

/// Whether documents of the collection may live in segments.
fn is_columnar(backend: &dyn Backend, collection: &str) -> Outcome<bool> {
    let sql = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?1";
    let name = rows_table(collection, true);
    let found = read::first(backend, sql, &[ValueRef::Text(&name)].as_slice(), |_| Ok(()))?;
    Ok(found.is_some())
}

/// Prepares a collection, all of whose documents are rows, for row groups.
fn begin(backend: &dyn Backend, schema: &Schema, collection: u64) -> Outcome<()> {
    for sql in TABLES {
        backend.execute(sql, &RowBuf::new())?;
    }
    at_once::remove(backend, schema.name, false)?;
    let rows = quote(&rows_table(schema.name, true));
    backend.execute(&format!("ALTER TABLE {} RENAME TO {rows}", quote(schema.name)), &RowBuf::new())?;
    at_once::create(backend, schema, Some(collection))
}

impl Db {
    /// Whether a statement over rows failed because documents have moved into segments since, or have come back. It is
    /// to be made anew then.
    pub(super) fn is_stale(&self, table: &Table, failure: &Failure) -> Outcome<bool> {
        Ok(is_missing(failure) && self.refresh(table)?)
    }

    /// Finds out whether documents have moved into segments since, before statements that cannot be made anew.
    pub(super) fn meet_table(&self, table: &Table) -> Outcome<()> {
        match read::first(&*self.backend, &table.sql().meet, &RowBuf::new(), |_| Ok(())) {
            Err(failure) if self.is_stale(table, &failure)? => Ok(()),
            met => met.map(drop),
        }
    }

    /// Reads by `rows` where every document is a row, else by `both`.
    pub(super) fn over<R>(
        &self,
        table: &Table,
        rows: impl FnOnce() -> Outcome<R>,
        both: impl FnOnce() -> Outcome<R>,
    ) -> Outcome<R> {
        if !table.is_columnar() {
            match rows() {
                Err(failure) if self.is_stale(table, &failure)? => {}
                other => return other,
            }
        }
        self.consistently(both)
    }

    /// Looks whether documents of the collection may live in segments; says whether that is new.
    pub(super) fn refresh(&self, table: &Table) -> Outcome<bool> {
        let columnar = is_columnar(&*self.backend, table.schema.name)?;
        let is_new = columnar != table.is_columnar();
        table.set_columnar(columnar);
        Ok(is_new)
    }
}

/// Whether a statement fails because it names a table that is not there.
fn is_missing(failure: &Failure) -> bool {
    matches!(&failure.cause, Cause::Sqlite(source) if source.to_string().contains("no such table: "))
}
