//! Making row groups: of rows, and of other groups.

use crate::{
    error::Outcome,
    hot::{Db, backend::Backend, table::Table},
    schema::Schema,
    value::{Row, RowBuf, ValueRef},
    vortex::{Column, Profile, encode},
};

use super::{
    group::{Group, NewGroup},
    key, order,
    reader::{Reader, empty},
};

/// How many bytes the segments of a group have together at most.
pub(super) const GROUP_BYTES: usize = 1_500_000;

/// Documents as columns, by their ids.
#[derive(Debug)]
pub(in crate::hot) struct Batch {
    schema: &'static Schema,
    columns: Vec<Column>,
    /// About how many bytes the values have.
    pub(in crate::hot) bytes: usize,
}

impl Batch {
    pub(in crate::hot) fn new(schema: &'static Schema) -> Self {
        let columns = schema.columns.iter().map(|column| empty(column.kind, column.nullable));
        Self { schema, columns: columns.collect(), bytes: 0 }
    }

    pub(in crate::hot) fn len(&self) -> usize {
        self.columns.first().map_or(0, Column::len)
    }

    pub(in crate::hot) fn push<R: Row + ?Sized>(&mut self, row: &R) -> Outcome<()> {
        for (at, column) in self.columns.iter_mut().enumerate() {
            let value = row.value(at)?;
            self.bytes += match value {
                ValueRef::Text(text) => text.len(),
                ValueRef::Blob(bytes) => bytes.len(),
                _ => 8,
            };
            column.push(value)?;
        }
        Ok(())
    }

    /// The document at `at`.
    pub(super) fn row(&self, at: usize) -> Outcome<RowBuf> {
        let mut row = RowBuf::new();
        self.columns.iter().try_for_each(|column| row.push(column.get(at).as_ref()))?;
        Ok(row)
    }

    /// The segment of each column.
    pub(in crate::hot) fn segments(&self, profile: Profile) -> Outcome<Vec<Vec<u8>>> {
        Ok(self.columns.iter().map(|column| encode(column, profile)).collect::<Result<_, _>>()?)
    }

    fn part(&self, places: std::ops::Range<usize>) -> Self {
        let places: Vec<usize> = places.collect();
        let columns = self.columns.iter().map(|column| column.take(&places)).collect();
        Self { schema: self.schema, columns, bytes: self.bytes / 2 }
    }

    /// Stores the documents as a group, or as several where one would be too large; gives their number.
    pub(super) fn store(&self, backend: &dyn Backend, table: &Table) -> Outcome<u64> {
        let rows = self.len();
        let segments = self.segments(Profile::Fast)?;
        if segments.iter().map(Vec::len).sum::<usize>() > GROUP_BYTES && rows > 1 {
            let halves = [self.part(0..rows / 2), self.part(rows / 2..rows)];
            return halves.iter().map(|half| half.store(backend, table)).sum();
        }
        let key = |at: usize| -> Outcome<Vec<u8>> { key::id_key(self.schema, &self.row(at)?) };
        let group = NewGroup {
            collection: table.collection,
            schema: table.layout.schema,
            rows,
            ends: [key(0)?, key(rows - 1)?],
            segments: &segments,
        };
        group.insert(backend)?;
        Ok(1)
    }
}

impl Db {
    /// The documents of some groups that are still there, by their ids.
    pub(super) fn gather(&self, table: &Table, groups: Vec<Group>) -> Outcome<Batch> {
        let readers: Vec<Reader<'_>> =
            groups.into_iter().map(|group| Reader::new(self.groups(), group)).collect::<Outcome<_>>()?;
        let mut places: Vec<(usize, usize)> = Vec::new();
        for (at, reader) in readers.iter().enumerate() {
            places.extend(reader.group.deleted.clone().not().ones().map(|place| (at, place)));
        }
        let read = |position: usize| -> Outcome<Vec<Column>> {
            readers.iter().map(|reader| reader.column(position)).collect()
        };
        if readers.len() > 1 {
            let ids = table.schema.id.iter().map(|&at| read(at)).collect::<Outcome<Vec<_>>>()?;
            places.sort_by(|a, b| {
                let of = |ids: &Vec<Column>, (reader, at): (usize, usize)| ids[reader].get(at);
                let orders = ids.iter().map(|ids| order::values(of(ids, *a).as_ref(), of(ids, *b).as_ref()));
                orders.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
            });
        }
        let mut batch = Batch::new(table.schema);
        for (position, column) in batch.columns.iter_mut().enumerate() {
            let columns = read(position)?;
            for &(reader, at) in &places {
                column.push(columns[reader].get(at).as_ref())?;
            }
        }
        batch.bytes = places.len() * table.schema.columns.len() * 8;
        Ok(batch)
    }
}
