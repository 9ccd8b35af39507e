//! Row groups as SQLite keeps them: what is known of each, which of their documents are gone, and their segments.

use std::{cell::RefCell, collections::BTreeMap, sync::Arc};

use crate::{
    cdc::EventSchema,
    error::Outcome,
    hot::{
        Db,
        backend::Backend,
        read::{self, corrupt, integer},
    },
    value::{Row, RowBuf, ValueRef},
    vortex::{Bitmap, Column, MAX_ROWS, Segment},
};

/// What is known of a row group without its segments.
#[derive(Clone, Debug)]
pub(in crate::hot) struct Group {
    pub(in crate::hot) number: u64,
    /// The number of the stored schema that its segments were written under.
    pub(super) schema: u64,
    /// How many places it has.
    pub(super) rows: usize,
    /// The places whose documents were deleted, or are rows now.
    pub(super) deleted: Bitmap,
}

const COLUMNS: &str = "number, schema, rows, deleted";

impl Group {
    fn read(row: &dyn Row) -> Outcome<Self> {
        let rows = usize::try_from(read::unsigned(row, 2)?).ok().filter(|rows| *rows <= MAX_ROWS);
        let rows = rows.ok_or_else(|| corrupt("a row group", "it has too many rows"))?;
        let deleted = Bitmap::from_bytes(read::blob(row, 3)?, rows);
        Ok(Self { number: read::unsigned(row, 0)?, schema: read::unsigned(row, 1)?, rows, deleted })
    }

    /// The groups of a collection, by the least id of each.
    pub(super) fn all(backend: &dyn Backend, collection: u64) -> Outcome<Vec<Self>> {
        let sql =
            format!("SELECT {COLUMNS} FROM _terrace_group WHERE collection = ?1 ORDER BY first, number");
        let mut groups = Vec::new();
        read::each(backend, &sql, &[integer(collection)].as_slice(), |row| {
            groups.push(Self::read(row)?);
            Ok(())
        })?;
        Ok(groups)
    }

    /// The groups that may hold the document whose id has this place.
    pub(super) fn covering(backend: &dyn Backend, collection: u64, key: &[u8]) -> Outcome<Vec<Self>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM _terrace_group WHERE collection = ?1 AND last >= ?2 AND first <= ?2"
        );
        let mut groups = Vec::new();
        read::each(backend, &sql, &[integer(collection), ValueRef::Blob(key)].as_slice(), |row| {
            groups.push(Self::read(row)?);
            Ok(())
        })?;
        Ok(groups)
    }

    /// How many of its documents are still there.
    pub(in crate::hot) fn live(&self) -> usize {
        self.rows - self.deleted.count()
    }

    /// The document at `at` is not there any longer.
    pub(super) fn delete(&mut self, backend: &dyn Backend, at: usize) -> Outcome<()> {
        self.deleted.set(at, true);
        let bytes = self.deleted.to_bytes();
        let end = bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
        let sql = "UPDATE _terrace_group SET deleted = ?2, live = ?3 WHERE number = ?1";
        let parameters = [integer(self.number), ValueRef::Blob(&bytes[..end]), integer(self.live() as u64)];
        backend.execute(sql, &parameters.as_slice()).map(drop)
    }

    /// Takes the group away, with its segments.
    pub(super) fn remove(&self, backend: &dyn Backend) -> Outcome<()> {
        for sql in
            ["DELETE FROM _terrace_segment WHERE number = ?1", "DELETE FROM _terrace_group WHERE number = ?1"]
        {
            backend.execute(sql, &[integer(self.number)].as_slice())?;
        }
        Ok(())
    }
}

/// A row group that is to be stored: its documents by id, encoded.
#[derive(Debug)]
pub(super) struct NewGroup<'a> {
    pub(super) collection: u64,
    pub(super) schema: u64,
    pub(super) rows: usize,
    /// The places of its least and its greatest id.
    pub(super) ends: [Vec<u8>; 2],
    pub(super) segments: &'a [Vec<u8>],
}

impl NewGroup<'_> {
    pub(super) fn insert(&self, backend: &dyn Backend) -> Outcome<()> {
        let sql = "INSERT INTO _terrace_group (collection, schema, rows, live, first, last, deleted) \
                   VALUES (?1, ?2, ?3, ?3, ?4, ?5, x'')";
        let rows = integer(self.rows as u64);
        let [first, last] = &self.ends;
        let parameters = [
            integer(self.collection),
            integer(self.schema),
            rows,
            ValueRef::Blob(first),
            ValueRef::Blob(last),
        ];
        backend.execute(sql, &parameters.as_slice())?;
        // AUTOINCREMENT gives the greatest number that there ever was.
        let newest = "SELECT max(number) FROM _terrace_group";
        let number = read::first(backend, newest, &RowBuf::new(), |row| read::unsigned(row, 0))?;
        let number = number.ok_or_else(|| corrupt("a row group", "it was not stored"))?;
        let sql = "INSERT INTO _terrace_segment (number, position, bytes) VALUES (?1, ?2, ?3)";
        for (position, bytes) in self.segments.iter().enumerate() {
            let parameters = [integer(number), integer(position as u64), ValueRef::Blob(bytes)];
            backend.execute(sql, &parameters.as_slice())?;
        }
        Ok(())
    }
}

/// What was read of the one row group that was read last.
///
/// It holds for as long as the group is there: its segments do not change, and its number is not used again. Nothing reads
/// a group in the transaction that makes it, so a rollback takes back no group of which something was read.
#[derive(Debug, Default)]
pub(in crate::hot) struct Opened {
    number: u64,
    /// The segments, by their positions in the group's own schema.
    segments: BTreeMap<usize, Arc<Vec<u8>>>,
    /// The columns of the id.
    ids: Option<Arc<Vec<Column>>>,
    /// Some rows of every column, and which is the first.
    rows: Option<(usize, Arc<Vec<Column>>)>,
}

impl Opened {
    fn of(&mut self, number: u64) -> &mut Self {
        if self.number != number {
            *self = Self { number, ..Self::default() };
        }
        self
    }
}

/// What row groups are read from.
#[derive(Clone, Copy)]
pub(in crate::hot) struct Source<'a> {
    pub(in crate::hot) backend: &'a dyn Backend,
    /// Every schema that groups may have been written under, by its number.
    pub(in crate::hot) schemas: &'a BTreeMap<u64, Arc<EventSchema>>,
    pub(in crate::hot) opened: &'a RefCell<Opened>,
}

impl Db {
    pub(super) fn groups(&self) -> Source<'_> {
        Source { backend: &*self.backend, schemas: &self.schemas, opened: &self.opened }
    }
}

impl Source<'_> {
    /// The bytes of a segment, whose checksum was looked at.
    pub(super) fn segment(&self, group: u64, position: usize) -> Outcome<Arc<Vec<u8>>> {
        if let Some(bytes) = self.opened.borrow_mut().of(group).segments.get(&position) {
            return Ok(bytes.clone());
        }
        let sql = "SELECT bytes FROM _terrace_segment WHERE number = ?1 AND position = ?2";
        let key = [integer(group), integer(position as u64)];
        let found = read::first(self.backend, sql, &key.as_slice(), |row| {
            Ok(Arc::new(read::blob(row, 0)?.to_vec()))
        })?;
        let bytes = found.ok_or_else(|| corrupt("a row group", "a segment is missing"))?;
        Segment::open(&bytes)?;
        self.opened.borrow_mut().of(group).segments.insert(position, bytes.clone());
        Ok(bytes)
    }

    /// The decoded columns of the group's ids, which `read` reads when they are not known.
    pub(super) fn ids(
        &self,
        group: u64,
        read: impl FnOnce() -> Outcome<Vec<Column>>,
    ) -> Outcome<Arc<Vec<Column>>> {
        if let Some(ids) = &self.opened.borrow_mut().of(group).ids {
            return Ok(ids.clone());
        }
        let ids = Arc::new(read()?);
        self.opened.borrow_mut().of(group).ids = Some(ids.clone());
        Ok(ids)
    }

    /// The rows from `first` on of every column of the group, which `read` reads when they are not known.
    pub(super) fn rows(
        &self,
        group: u64,
        first: usize,
        read: impl FnOnce() -> Outcome<Vec<Column>>,
    ) -> Outcome<Arc<Vec<Column>>> {
        if let Some((_, rows)) =
            self.opened.borrow_mut().of(group).rows.as_ref().filter(|(start, _)| *start == first)
        {
            return Ok(rows.clone());
        }
        let rows = Arc::new(read()?);
        self.opened.borrow_mut().of(group).rows = Some((first, rows.clone()));
        Ok(rows)
    }
}
