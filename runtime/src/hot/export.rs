//! A collection as a VRTX file.

use std::ops::ControlFlow;

use crate::{
    error::{Cause, During, Operation, Outcome, StorageError},
    schema::Collection,
    value::{Row, ValueRef},
    vortex::{Column, Field, FileWriter, MAX_ROWS, Profile, encode},
};

use super::Db;

/// How many bytes a row group may have before it is encoded.
const GROUP_BYTES: usize = 32_000_000;

impl Db {
    /// Every document of a collection as a file of VRTX, in the order of their ids: a row group for up to 65,536 of
    /// them.
    ///
    /// # Errors
    /// The database cannot be read; a file of more than 4 GB.
    ///
    /// ```
    /// # use terrace::{prelude::*, vortex::{File, Profile}};
    /// #[derive(Collection)]
    /// struct City { #[id] name: String, people: i64 }
    /// # let db = Db::open_in_memory(collections![City])?;
    /// # db.insert(&City { name: "Bonn".into(), people: 330_000 })?;
    /// let bytes = db.export::<City>(Profile::Compact)?;
    /// # assert_eq!(File::open(&bytes)?.rows(), 1);
    /// std::fs::write("cities.vrtx", bytes)?;
    /// # std::fs::remove_file("cities.vrtx")?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn export<T: Collection>(&self, profile: Profile) -> Result<Vec<u8>, StorageError> {
        let mut groups = Groups::new::<T>(profile);
        // A limit, here none, brings the order of the ids.
        self.all::<T>().limit(u64::MAX).read(false, |row| {
            groups.push(row)?;
            Ok(ControlFlow::Continue(()))
        })?;
        groups.finish().during(Operation::Find, T::SCHEMA.name)
    }
}

/// A file while it grows.
struct Groups {
    writer: FileWriter,
    profile: Profile,
    empty: Vec<Column>,
    columns: Vec<Column>,
    rows: usize,
    bytes: usize,
}

impl Groups {
    fn new<T: Collection>(profile: Profile) -> Self {
        let fields = T::SCHEMA.vrtx();
        let empty: Vec<Column> = fields.iter().map(Field::column).collect();
        let writer = FileWriter::new(fields.iter().map(|field| field.name));
        Self { writer, profile, columns: empty.clone(), empty, rows: 0, bytes: 0 }
    }

    fn push(&mut self, row: &dyn Row) -> Outcome<()> {
        for (at, column) in self.columns.iter_mut().enumerate() {
            let value = row.value(at)?;
            self.bytes += size(value);
            column.push(value).map_err(Cause::from)?;
        }
        self.rows += 1;
        if self.rows == MAX_ROWS || self.bytes > GROUP_BYTES { self.end_group() } else { Ok(()) }
    }

    fn end_group(&mut self) -> Outcome<()> {
        let columns = std::mem::replace(&mut self.columns, self.empty.clone());
        let segments: Result<Vec<Vec<u8>>, _> =
            columns.iter().map(|column| encode(column, self.profile)).collect();
        self.writer.push(&segments.map_err(Cause::from)?).map_err(Cause::from)?;
        (self.rows, self.bytes) = (0, 0);
        Ok(())
    }

    fn finish(mut self) -> Outcome<Vec<u8>> {
        if self.rows > 0 {
            self.end_group()?;
        }
        Ok(self.writer.finish().map_err(Cause::from)?)
    }
}

fn size(value: ValueRef<'_>) -> usize {
    match value {
        ValueRef::Text(text) => text.len(),
        ValueRef::Blob(bytes) => bytes.len(),
        _ => 8,
    }
}
