//! What an object hands over to what stands above it: its collections, its lineages, and all of its documents as of the
//! beginning of a new lineage.

use crate::{
    Timestamp,
    cdc::Lineage,
    error::{Cause, Failure, Outcome},
    schema::{Schema, StoredSchema},
    value::Row,
};

use super::{Db, lineage};

/// The beginning of a lineage.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Beginning {
    pub(crate) lineage: Lineage,
    /// The position of its first event.
    pub(crate) sequence: u64,
    pub(crate) timestamp: Timestamp,
}

/// What is done with the documents of the collection at this position: first with none, then with each.
type EachDocument<'a> = &'a mut dyn FnMut(Beginning, usize, Option<&dyn Row>) -> Outcome<()>;

impl Db {
    /// The present schema of every collection that the object has or had, and the struct's where it was opened with it.
    pub(crate) fn present_schemas(&self) -> Vec<(StoredSchema, Option<&'static Schema>)> {
        let mut present: Vec<(StoredSchema, Option<&'static Schema>)> = Vec::new();
        for schema in self.schemas.values() {
            if !present.iter().any(|(known, _)| known.name == schema.current.name) {
                let opened = self.tables.iter().find(|table| table.schema.name == schema.current.name);
                present.push(((*schema.current).clone(), opened.map(|table| table.schema)));
            }
        }
        present
    }

    /// The lineages of the object, each with the position that it begins with.
    pub(crate) fn lineages(&self) -> Outcome<Vec<(u64, Lineage)>> {
        lineage::read_all(&*self.backend)
    }

    /// Begins a new lineage, and runs `each` over every document of `collections` as they are then.
    pub(crate) fn begin_with_documents(&self, collections: &[&str], each: EachDocument<'_>) -> Outcome<u64> {
        self.atomically(|| {
            let sequence = self.log.borrow().next_sequence(&*self.backend)?;
            let lineage = self.begin_lineage()?;
            let beginning = Beginning { lineage, sequence, timestamp: (self.clock)() };
            for (at, name) in collections.iter().enumerate() {
                let table = self.tables.iter().find(|table| table.schema.name == *name);
                let table = table.ok_or_else(|| Failure::from(Cause::NotOpened).of(name))?;
                each(beginning, at, None)?;
                self.each_document_of(table, &mut |row| each(beginning, at, Some(row)))?;
            }
            Ok(sequence)
        })
    }
}
