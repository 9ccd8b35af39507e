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
    vortex::{Bitmap, MAX_ROWS, OwnedSegment},
};

use super::Opened;

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

/// How many segments a group may have: more than SQLite allows columns.
const SEGMENTS: usize = 1 << 16;

/// The id of the segment at a position of a group.
fn segment_id(group: u64, position: usize) -> i64 {
    group.wrapping_mul(SEGMENTS as u64).wrapping_add(position as u64).cast_signed()
}

/// The ids of the first and the last segment that a group may have.
pub(super) fn segment_ids(group: u64) -> [i64; 2] {
    [segment_id(group, 0), segment_id(group, SEGMENTS - 1)]
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
    pub(in crate::hot) fn all(backend: &dyn Backend, collection: u64) -> Outcome<Vec<Self>> {
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
        let bytes = deleted_bytes(&self.deleted);
        let sql = "UPDATE _terrace_group SET deleted = ?2, live = ?3 WHERE number = ?1";
        let parameters = [integer(self.number), ValueRef::Blob(&bytes), integer(self.live() as u64)];
        backend.execute(sql, &parameters.as_slice()).map(drop)
    }

    /// How many bytes its segments have together.
    pub(in crate::hot) fn bytes(&self, backend: &dyn Backend) -> Outcome<u64> {
        let sql = "SELECT ifnull(sum(length(bytes)), 0) FROM _terrace_segment WHERE id BETWEEN ?1 AND ?2";
        let ids = segment_ids(self.number).map(ValueRef::Integer);
        Ok(read::first(backend, sql, &ids.as_slice(), |row| read::unsigned(row, 0))?.unwrap_or(0))
    }

    /// Takes the group away, with its segments.
    pub(super) fn remove(&self, backend: &dyn Backend) -> Outcome<()> {
        let [first, last] = segment_ids(self.number).map(ValueRef::Integer);
        let segments = "DELETE FROM _terrace_segment WHERE id BETWEEN ?1 AND ?2";
        backend.execute(segments, &[first, last].as_slice())?;
        let group = "DELETE FROM _terrace_group WHERE number = ?1";
        backend.execute(group, &[integer(self.number)].as_slice()).map(drop)
    }
}

/// The places that are gone as a row of SQLite has them: up to the last one.
fn deleted_bytes(deleted: &Bitmap) -> Vec<u8> {
    let mut bytes = deleted.to_bytes();
    bytes.truncate(bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1));
    bytes
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
        self.insert_with(backend, &Bitmap::filled(self.rows, false))
    }

    /// As [`NewGroup::insert`], some of whose documents are gone.
    pub(super) fn insert_with(&self, backend: &dyn Backend, deleted: &Bitmap) -> Outcome<()> {
        let sql = "INSERT INTO _terrace_group (collection, schema, rows, live, first, last, deleted) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let live = self.rows - deleted.count();
        let deleted = deleted_bytes(deleted);
        let [first, last] = &self.ends;
        let parameters = [
            integer(self.collection),
            integer(self.schema),
            integer(self.rows as u64),
            integer(live as u64),
            ValueRef::Blob(first),
            ValueRef::Blob(last),
            ValueRef::Blob(&deleted),
        ];
        backend.execute(sql, &parameters.as_slice())?;
        // AUTOINCREMENT gives the greatest number that there ever was.
        let newest = "SELECT max(number) FROM _terrace_group";
        let number = read::first(backend, newest, &RowBuf::new(), |row| read::unsigned(row, 0))?;
        let number = number.ok_or_else(|| corrupt("a row group", "it was not stored"))?;
        let sql = "INSERT INTO _terrace_segment (id, bytes) VALUES (?1, ?2)";
        for (position, bytes) in self.segments.iter().enumerate() {
            let parameters = [ValueRef::Integer(segment_id(number, position)), ValueRef::Blob(bytes)];
            backend.execute(sql, &parameters.as_slice())?;
        }
        Ok(())
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
    /// A segment, whose checksum was looked at.
    pub(super) fn segment(&self, group: u64, position: usize) -> Outcome<Arc<OwnedSegment>> {
        let id = segment_id(group, position);
        if let Some(segment) = self.opened.borrow_mut().get(id) {
            return Ok(segment);
        }
        let sql = "SELECT bytes FROM _terrace_segment WHERE id = ?1";
        let found = read::first(self.backend, sql, &[ValueRef::Integer(id)].as_slice(), |row| {
            Ok(read::blob(row, 0)?.to_vec())
        })?;
        let bytes = found.ok_or_else(|| corrupt("a row group", "a segment is missing"))?;
        let segment = Arc::new(OwnedSegment::open(bytes)?);
        self.opened.borrow_mut().keep(id, &segment);
        Ok(segment)
    }
}
