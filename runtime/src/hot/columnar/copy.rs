//! Row groups by themselves, as snapshots keep them: their segments are copied and not decoded, both ways.

use crate::{
    error::Outcome,
    hot::{
        Db,
        read::{self, integer},
        table::Table,
    },
    value::ValueRef,
    vortex::Bitmap,
};

use super::{
    begin,
    group::{Group, NewGroup, segment_ids},
    migrate,
};

/// A row group with its segments.
#[derive(Debug)]
pub(in crate::hot) struct Copied {
    /// The number of the stored schema that its segments were written under.
    pub(in crate::hot) schema: u64,
    pub(in crate::hot) rows: usize,
    /// The places whose documents are gone.
    pub(in crate::hot) deleted: Bitmap,
    /// The places of its least and its greatest id.
    pub(in crate::hot) ends: [Vec<u8>; 2],
    /// The segments, in the order of the columns.
    pub(in crate::hot) segments: Vec<Vec<u8>>,
}

impl Db {
    /// Runs `each` over the row groups of a collection, by the least id of each.
    pub(in crate::hot) fn copy_groups(
        &self,
        table: &Table,
        each: &mut dyn FnMut(Copied) -> Outcome<()>,
    ) -> Outcome<()> {
        if !table.is_columnar() {
            return Ok(());
        }
        for group in Group::all(&*self.backend, table.collection)? {
            each(self.copy_group(group)?)?;
        }
        Ok(())
    }

    fn copy_group(&self, group: Group) -> Outcome<Copied> {
        let sql = "SELECT first, last FROM _terrace_group WHERE number = ?1";
        let ends = read::first(&*self.backend, sql, &[integer(group.number)].as_slice(), |row| {
            Ok([read::blob(row, 0)?.to_vec(), read::blob(row, 1)?.to_vec()])
        })?;
        let mut segments = Vec::new();
        let sql = "SELECT bytes FROM _terrace_segment WHERE id BETWEEN ?1 AND ?2 ORDER BY id";
        let ids = segment_ids(group.number).map(ValueRef::Integer);
        read::each(&*self.backend, sql, &ids.as_slice(), |row| {
            segments.push(read::blob(row, 0)?.to_vec());
            Ok(())
        })?;
        let Group { schema, rows, deleted, .. } = group;
        Ok(Copied { schema, rows, deleted, ends: ends.unwrap_or_default(), segments })
    }

    /// Stores a row group that was copied. The keys of unique indexes are still to be kept: [`Db::keep_unique`].
    pub(in crate::hot) fn paste_group(&self, table: &Table, copied: &Copied) -> Outcome<()> {
        if !table.is_columnar() {
            begin(&*self.backend, table.schema, table.collection)?;
            table.set_columnar(true);
        }
        let group = NewGroup {
            collection: table.collection,
            schema: copied.schema,
            rows: copied.rows,
            ends: copied.ends.clone(),
            segments: &copied.segments,
        };
        group.insert_with(&*self.backend, &copied.deleted)
    }

    /// Keeps the unique values of all row groups of a collection anew, and refuses those that are not.
    pub(in crate::hot) fn keep_unique(&self, table: &Table) -> Outcome<()> {
        if !table.is_columnar() || !table.schema.indexes.iter().any(|index| index.unique) {
            return Ok(());
        }
        let rows = super::rows_table(table.schema.name, true);
        migrate::index_again(self.groups(), table.collection, table.schema, &rows)
    }

    /// Takes every document of a collection away, rows and row groups.
    pub(in crate::hot) fn clear(&self, table: &Table) -> Outcome<()> {
        self.refresh(table)?;
        let collection = [integer(table.collection)];
        if table.is_columnar() {
            for group in Group::all(&*self.backend, table.collection)? {
                group.remove(&*self.backend)?;
            }
            let keys = "DELETE FROM _terrace_unique WHERE collection = ?1";
            self.backend.execute(keys, &collection.as_slice())?;
        }
        let rows = format!("DELETE FROM {}", table.sql().rows);
        self.backend.execute(&rows, &crate::value::RowBuf::new()).map(drop)
    }
}
