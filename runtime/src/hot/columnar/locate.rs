//! Where a document lives, by its id: as a row, or at a place of a row group.

use crate::{
    error::{Cause, Outcome},
    hot::{Db, table::Table},
    value::{Row, RowBuf},
};

use super::{group::Group, key, reader::Reader};

/// A document that was found.
#[derive(Debug)]
pub(in crate::hot) struct Found {
    pub(in crate::hot) row: RowBuf,
    /// Its place, if it is no row.
    pub(in crate::hot) place: Option<Place>,
}

/// A place in a row group.
#[derive(Debug)]
pub(in crate::hot) struct Place {
    pub(super) group: Group,
    pub(super) at: usize,
}

impl Db {
    /// The document with this id.
    pub(in crate::hot) fn find_document(&self, table: &Table, id: &RowBuf) -> Outcome<Option<Found>> {
        let row = || table.first(&*self.backend, id, |row| Ok(RowBuf::copy(row)?));
        let found = match row() {
            Err(failure) if self.is_stale(table, &failure)? => row(),
            other => other,
        };
        if let Some(row) = found? {
            return Ok(Some(Found { row, place: None }));
        }
        if !table.is_columnar() {
            return Ok(None);
        }
        // Between two statements another connection can move the document.
        self.consistently(|| {
            if let Some(row) = row()? {
                return Ok(Some(Found { row, place: None }));
            }
            let Some(place) = self.place_of(table, id)? else { return Ok(None) };
            let reader = Reader::new(self.groups(), place.group.clone())?;
            Ok(Some(Found { row: reader.row(place.at)?, place: Some(place) }))
        })
    }

    /// The place of the document with this id, if it lives in a row group.
    pub(super) fn place_of(&self, table: &Table, id: &RowBuf) -> Outcome<Option<Place>> {
        let key = key::place(id.value(0)?);
        for group in Group::covering(&*self.backend, table.collection, &key)? {
            let reader = Reader::new(self.groups(), group)?;
            if let Some(at) = reader.position(id)?
                && !reader.group.deleted.get(at)
            {
                return Ok(Some(Place { group: reader.group, at }));
            }
        }
        Ok(None)
    }

    /// Refuses an id that lives in a row group.
    pub(in crate::hot) fn require_new(&self, table: &Table, row: &RowBuf) -> Outcome<()> {
        if self.place_of(table, &table.id_of(row)?)?.is_none() {
            return Ok(());
        }
        let name =
            |position: &usize| format!("{}.{}", table.schema.name, table.schema.columns[*position].name);
        let columns: Vec<String> = table.schema.id.iter().map(name).collect();
        Err(not_unique(columns).into())
    }
}

/// That a document has the same values in these columns as one in a row group; as SQLite says it of rows.
pub(super) fn not_unique(columns: Vec<String>) -> Cause {
    let columns = columns.join(", ");
    let source = format!("UNIQUE constraint failed: {columns}").into();
    Cause::NotUnique { columns, source }
}
