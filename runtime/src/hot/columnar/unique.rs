//! Unique indexes over rows and row groups: the index of the table holds for the rows, and a table of keys for the
//! documents that live in groups.

use crate::{
    error::Outcome,
    hot::{
        Db,
        backend::Backend,
        read::{self, integer},
        table::Table,
    },
    schema::{Index, Schema, Storage, quote},
    value::{Row, RowBuf, ValueRef},
};

use super::{
    key,
    locate::{Place, not_unique},
};

impl Db {
    /// Refuses a document whose unique values one in a row group has. `before` is the document that it takes the place
    /// of.
    pub(in crate::hot) fn require_unique(
        &self,
        table: &Table,
        before: Option<&RowBuf>,
        after: &RowBuf,
    ) -> Outcome<()> {
        if !table.is_columnar() {
            return Ok(());
        }
        let own = before.map(|before| keys(&*self.backend, table.schema, before)).transpose()?;
        for (index, key) in keys(&*self.backend, table.schema, after)? {
            if own.iter().flatten().any(|(_, own)| *own == key) {
                continue;
            }
            let sql = "SELECT 1 FROM _terrace_unique WHERE collection = ?1 AND key = ?2";
            let parameters = [integer(table.collection), ValueRef::Blob(&key)];
            if read::first(&*self.backend, sql, &parameters.as_slice(), |_| Ok(()))?.is_some() {
                let name = |at: &usize| format!("{}.{}", table.schema.name, table.schema.columns[*at].name);
                return Err(not_unique(index.columns.iter().map(name).collect()).into());
            }
        }
        Ok(())
    }

    /// Takes a document out of its row group.
    pub(in crate::hot) fn leave_group(&self, table: &Table, row: &RowBuf, mut place: Place) -> Outcome<()> {
        place.group.delete(&*self.backend, place.at)?;
        for (_, key) in keys(&*self.backend, table.schema, row)? {
            let sql = "DELETE FROM _terrace_unique WHERE collection = ?1 AND key = ?2";
            self.backend.execute(sql, &[integer(table.collection), ValueRef::Blob(&key)].as_slice())?;
        }
        Ok(())
    }
}

/// Keeps the unique values of a document that moves into a row group.
pub(super) fn enter_group(
    backend: &dyn Backend,
    schema: &'static Schema,
    collection: u64,
    row: &RowBuf,
) -> Outcome<()> {
    for (_, key) in keys(backend, schema, row)? {
        let sql = "INSERT INTO _terrace_unique (collection, key) VALUES (?1, ?2)";
        backend.execute(sql, &[integer(collection), ValueRef::Blob(&key)].as_slice())?;
    }
    Ok(())
}

/// The unique indexes in which a document is, and its key in each.
fn keys(
    backend: &dyn Backend,
    schema: &'static Schema,
    row: &RowBuf,
) -> Outcome<Vec<(&'static Index, Vec<u8>)>> {
    let mut keys = Vec::new();
    for index in schema.indexes.iter().filter(|index| index.unique) {
        let Some(key) = key::unique_key(schema, index, row)? else { continue };
        let covered = match index.filter {
            None => true,
            Some(filter) => holds(backend, schema, filter, row)?,
        };
        if covered {
            keys.push((index, key));
        }
    }
    Ok(keys)
}

/// Whether the condition of a partial index is true for a document. SQLite says so, of values that have the affinity of
/// their columns.
fn holds(backend: &dyn Backend, schema: &Schema, filter: &str, row: &RowBuf) -> Outcome<bool> {
    let columns: Vec<String> = schema
        .columns
        .iter()
        .enumerate()
        .map(|(at, column)| {
            let mark = format!("?{}", at + 1);
            let value = match column.kind.storage() {
                Storage::Real => mark,
                other => format!("CAST({mark} AS {})", other.name()),
            };
            format!("{value} AS {}", quote(column.name))
        })
        .collect();
    let sql =
        format!("SELECT 1 FROM (SELECT {}) AS {} WHERE {filter}", columns.join(", "), quote(schema.name));
    Ok(read::first(backend, &sql, row as &dyn Row, |_| Ok(()))?.is_some())
}
