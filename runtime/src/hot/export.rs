//! A collection as a VRTX file.

use std::ops::ControlFlow;

use crate::{
    error::{During, Operation, Outcome, StorageError},
    schema::Collection,
    vortex::{FileWriter, MAX_ROWS, Profile},
};

use super::{Db, columnar::Batch};

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
        let mut writer = FileWriter::new(T::SCHEMA.vrtx().iter().map(|field| field.name));
        let mut batch = Batch::new(T::SCHEMA);
        // A limit, here none, brings the order of the ids.
        self.all::<T>().limit(u64::MAX).read(false, |row| {
            batch.push(row)?;
            if batch.len() == MAX_ROWS || batch.bytes > GROUP_BYTES {
                writer.push(&batch.segments(profile)?)?;
                batch = Batch::new(T::SCHEMA);
            }
            Ok(ControlFlow::Continue(()))
        })?;
        let finish = || -> Outcome<Vec<u8>> {
            if batch.len() > 0 {
                writer.push(&batch.segments(profile)?)?;
            }
            Ok(writer.finish()?)
        };
        finish().during(Operation::Find, T::SCHEMA.name)
    }
}
