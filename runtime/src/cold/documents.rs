//! Documents of one schema as plain files of Parquet, without columns of terrace's own.
//!
//! The columns have the names and types that those of the collection's state table have. Nothing outside of a file is needed to
//! read it; what it has to hold, whoever keeps it knows.

use std::sync::Arc;

use arrow_array::RecordBatch;
use bytes::Bytes;

use crate::{
    error::Outcome,
    schema::StoredSchema,
    value::{Row, ValueRef},
    vortex::Column,
};

use super::{
    error::{Result, refused},
    iceberg::{Field, Schema},
    mapping::type_of,
    parquet::{BatchRows, BoundPredicate, FileReader, FileWriter, Scan, batch_of_columns, data_type},
};

/// How many rows become arrays together.
const BATCH_ROWS: usize = 8_192;
/// The bytes of values after which gathered rows become arrays.
const BATCH_BYTES: usize = 4 << 20;
/// The bytes of a file after which the next begins.
const FILE_BYTES: usize = 32 << 20;
/// How many rows are decoded together: each of them may stand for a large value that the file has once.
const READ_ROWS: usize = 1_024;

/// A file that was written and is not stored yet.
#[derive(Clone, Debug)]
pub(crate) struct DocumentsFile {
    pub(crate) bytes: Bytes,
    pub(crate) rows: u64,
}

/// The columns of files with documents of a schema.
fn columns(stored: &StoredSchema) -> Schema {
    let fields = (1..).zip(&stored.columns).map(|(id, column)| Field {
        id,
        name: column.name.clone(),
        required: !column.nullable,
        kind: type_of(column.kind),
        doc: None,
    });
    let mut schema = Schema::new(0, fields.collect());
    schema.identifier_field_ids = stored.id.iter().map(|&at| schema.fields[at].id).collect();
    schema
}

/// Writes documents.
#[derive(Debug)]
pub(crate) struct DocumentWriter {
    schema: Schema,
    gathered: Vec<Column>,
    /// About how many bytes the gathered values have.
    bytes: usize,
    writer: FileWriter,
}

impl DocumentWriter {
    pub(crate) fn new(stored: &StoredSchema) -> Result<Self> {
        let schema = columns(stored);
        Ok(Self { gathered: empty(&schema)?, bytes: 0, writer: FileWriter::new(&schema, &[])?, schema })
    }

    /// Adds a document; gives a file when one is full.
    pub(crate) fn add(&mut self, row: &dyn Row) -> Result<Option<DocumentsFile>> {
        for (at, column) in self.gathered.iter_mut().enumerate() {
            let value = row.value(at)?;
            self.bytes += match value {
                ValueRef::Text(text) => text.len(),
                ValueRef::Blob(bytes) => bytes.len(),
                _ => 8,
            };
            column.push(value)?;
        }
        if self.gathered.first().map_or(0, Column::len) < BATCH_ROWS && self.bytes < BATCH_BYTES {
            return Ok(None);
        }
        self.flush()?;
        if self.writer.estimated_bytes() < FILE_BYTES { Ok(None) } else { self.end() }
    }

    fn flush(&mut self) -> Result<()> {
        let gathered = std::mem::replace(&mut self.gathered, empty(&self.schema)?);
        self.bytes = 0;
        Ok(self.writer.write(&batch_of_columns(&self.schema, gathered)?)?)
    }

    /// The file, unless it has no rows; the next begins.
    pub(crate) fn end(&mut self) -> Result<Option<DocumentsFile>> {
        if self.gathered.first().is_some_and(|column| !column.is_empty()) {
            self.flush()?;
        }
        if self.writer.rows() == 0 {
            return Ok(None);
        }
        let writer = std::mem::replace(&mut self.writer, FileWriter::new(&self.schema, &[])?);
        let rows = writer.rows();
        let (bytes, _) = writer.finish()?;
        Ok(Some(DocumentsFile { bytes, rows }))
    }
}

fn empty(schema: &Schema) -> Result<Vec<Column>> {
    let column = |field: &Field| Ok(Column::new(data_type(&field.name, &field.kind)?, !field.required));
    schema.fields.iter().map(column).collect()
}

/// Runs `each` over the documents of a file, which has to have so many.
pub(crate) async fn each_document(
    stored: &StoredSchema,
    file: DocumentsFile,
    each: &mut dyn FnMut(&dyn Row) -> Outcome<()>,
) -> Result<()> {
    let schema = columns(stored);
    let mut scan = Scan::new(schema.clone(), BoundPredicate::all());
    scan.batch_rows = READ_ROWS;
    let mut reader = FileReader::in_memory(file.bytes, file.rows, Arc::new(scan)).await?;
    let mut read = 0;
    while let Some(batch) = reader.next().await? {
        read += batch.rows.num_rows() as u64;
        of_batch(&batch.rows, &schema, each)?;
    }
    if read == file.rows { Ok(()) } else { Err(refused(&format!("{read} rows for {}", file.rows))) }
}

fn of_batch(
    batch: &RecordBatch,
    schema: &Schema,
    each: &mut dyn FnMut(&dyn Row) -> Outcome<()>,
) -> Result<()> {
    let mut rows = BatchRows::new(batch, schema);
    while rows.advance() {
        each(&rows)?;
    }
    Ok(())
}
