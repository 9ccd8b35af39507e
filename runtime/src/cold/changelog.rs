//! Files of a changelog table: the rows of events of one object and lineage.

use std::sync::Arc;

use bytes::Bytes;

use crate::{
    Timestamp,
    cdc::{CdcOperation, EventRef, Lineage},
    value::Row,
};

use super::{
    change_rows::{ChangeRows, Head, READ, SNAPSHOT},
    error::{Result, refused},
    iceberg::{DataFile, Datum, Schema, TableMetadata},
    layout::{known_order, sort_order},
    mapping::{Mapped, OBJECT, Role, by_event},
    parquet::FileWriter,
};

/// How many rows become arrays together.
const BATCH: usize = 8_192;

/// The bytes of a file after which the next begins.
const FILE_BYTES: usize = 32 << 20;

/// A file of a changelog table that was written and is not stored yet.
#[derive(Clone, Debug)]
pub(crate) struct ChangeFile {
    pub(crate) bytes: Bytes,
    pub(crate) file: DataFile,
    /// The last position that it holds.
    pub(crate) until: u64,
}

/// Writes events of one object and lineage.
#[derive(Debug)]
pub(crate) struct ChangelogWriter {
    schema: Schema,
    /// The columns with bloom filters.
    looked_up: Vec<i32>,
    object: Arc<str>,
    lineage: Lineage,
    partition: Vec<Option<Datum>>,
    spec_id: i32,
    sort_order_id: Option<i32>,
    rows: ChangeRows,
    writer: FileWriter,
    until: u64,
}

impl ChangelogWriter {
    /// A writer under the schema of the table that this version of the struct writes under.
    pub(crate) fn new(
        mapped: &Mapped,
        table: &TableMetadata,
        object: &Arc<str>,
        lineage: Lineage,
    ) -> Result<Self> {
        let name = Role::Changelog.table(&mapped.schema.name);
        let (Some(schema), Some(spec)) = (mapped.known(table), table.spec()) else {
            return Err(refused(&format!("the table `{name}` does not know this struct")));
        };
        let column = OBJECT.find(schema, &name)?.id;
        let value = Datum::String(object.to_string());
        let partition = spec.partition(schema, |of| (of == column).then_some(&value));
        let looked_up = mapped.looked_up(schema);
        Ok(Self {
            writer: FileWriter::new(schema, &looked_up)?,
            looked_up,
            schema: schema.clone(),
            object: object.clone(),
            lineage,
            partition: partition.map_err(|error| refused(&error))?,
            spec_id: spec.spec_id,
            sort_order_id: known_order(table, &sort_order(schema, by_event(), &[])),
            rows: ChangeRows::new(mapped, schema)?,
            until: 0,
        })
    }

    /// Adds an event; gives a file when one is full.
    pub(crate) fn add(&mut self, event: &EventRef<'_>) -> Result<Option<ChangeFile>> {
        self.rows.add(&self.object, event)?;
        self.end_row(event.sequence)
    }

    /// Adds what is no event: a document that was read, or, without one, that all of them were.
    pub(crate) fn add_read(
        &mut self,
        sequence: u64,
        timestamp: Timestamp,
        document: Option<&dyn Row>,
    ) -> Result<Option<ChangeFile>> {
        let operation = if document.is_some() { READ } else { SNAPSHOT };
        self.add_row(sequence, timestamp, operation, document)
    }

    /// Says that events are missing from this position on, after what had happened by then.
    pub(crate) fn add_gap(&mut self, sequence: u64, timestamp: Timestamp) -> Result<Option<ChangeFile>> {
        self.add_row(sequence, timestamp, CdcOperation::Gap.name(), None)
    }

    fn add_row(
        &mut self,
        sequence: u64,
        timestamp: Timestamp,
        operation: &'static str,
        document: Option<&dyn Row>,
    ) -> Result<Option<ChangeFile>> {
        let (object, lineage) = (&*self.object, self.lineage);
        let head = Head { object, lineage, sequence, timestamp, operation, version: None, parent: None };
        self.rows.add_read(&head, document)?;
        self.end_row(sequence)
    }

    fn end_row(&mut self, sequence: u64) -> Result<Option<ChangeFile>> {
        self.until = sequence;
        if self.rows.len() < BATCH {
            return Ok(None);
        }
        self.flush()?;
        if self.writer.estimated_bytes() < FILE_BYTES { Ok(None) } else { self.end() }
    }

    /// Gives the rows that were gathered to the file.
    fn flush(&mut self) -> Result<()> {
        if self.rows.len() > 0 {
            self.writer.write(&self.rows.take()?)?;
        }
        Ok(())
    }

    /// The file, unless it has no rows; the next begins.
    pub(crate) fn end(&mut self) -> Result<Option<ChangeFile>> {
        self.flush()?;
        if self.writer.rows() == 0 {
            return Ok(None);
        }
        let next = FileWriter::new(&self.schema, &self.looked_up)?;
        let (bytes, file) = std::mem::replace(&mut self.writer, next).finish()?;
        let (spec_id, sort_order_id) = (self.spec_id, self.sort_order_id);
        let file = DataFile { spec_id, partition: self.partition.clone(), sort_order_id, ..file };
        Ok(Some(ChangeFile { bytes, file, until: self.until }))
    }
}
