//! Writing a data file, in memory.
//!
//! The same batches give the same bytes. What the file knows of itself (statistics, an index of its pages, bloom filters)
//! stands at its end, so that a reader gets it with one request.

use std::sync::Arc;

use arrow_array::{Array, RecordBatch};
use arrow_schema::Schema as ArrowSchema;
use bytes::Bytes;
use parquet::{
    arrow::{ArrowWriter, arrow_writer::ArrowWriterOptions},
    basic::Compression,
    file::properties::{BloomFilterPosition, WriterProperties},
    schema::types::ColumnPath,
};

use super::{
    super::iceberg::{DataFile, Field, Schema},
    error::{FileError, Outcome, unwritable},
    metrics::{self, NanCounts},
};

/// Rows of a row group, at most.
const GROUP_ROWS: usize = 128 * 1024;
/// Bytes of a row group, about: what a reader or a writer has to hold.
const GROUP_BYTES: usize = 16 * 1024 * 1024;
/// Rows of a page, at most: what a lookup has to decode.
const PAGE_ROWS: usize = 20_000;
/// Bytes of a page before it is compressed, about: what a lookup has to read of each column.
const PAGE_BYTES: usize = 64 * 1024;
/// The bytes of a dictionary, at most: a lookup has to read all of it.
const DICTIONARY_BYTES: usize = 128 * 1024;
/// How often a bloom filter is wrong about a value that is not there.
const FALSE_POSITIVES: f64 = 0.01;
/// The bytes of a bound in the file: enough for the 16 code points that a table keeps.
const BOUND_BYTES: usize = 64;

/// Writes the rows of one data file.
///
/// ```
/// # use terrace::cold::{iceberg::{Field, Schema, Type}, parquet::FileWriter};
/// # use std::sync::Arc;
/// # use arrow_array::{Int64Array, RecordBatch};
/// let id = Field { id: 1, name: "id".into(), required: true, kind: Type::Long, doc: None };
/// let schema = Schema::new(0, vec![id]);
/// let batch = RecordBatch::try_new(Arc::new(schema.arrow()?), vec![Arc::new(Int64Array::from(vec![7, 8]))])?;
/// let mut writer = FileWriter::new(&schema, &[1])?;
/// writer.write(&batch)?;
/// let (bytes, file) = writer.finish()?;
/// assert_eq!((file.record_count, file.file_size_in_bytes), (2, bytes.len() as i64));
/// assert_eq!(file.lower_bounds[&1], 7i64.to_le_bytes());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct FileWriter {
    schema: Schema,
    arrow: Arc<ArrowSchema>,
    writer: ArrowWriter<Vec<u8>>,
    nans: NanCounts,
    rows: u64,
}

impl FileWriter {
    /// A writer of rows of `schema`, with bloom filters for the columns with the ids `bloom`.
    ///
    /// # Errors
    /// A column of a type that this library never writes.
    pub fn new(schema: &Schema, bloom: &[i32]) -> Result<Self, FileError> {
        let arrow = Arc::new(schema.arrow()?);
        let options = ArrowWriterOptions::new()
            .with_properties(properties(schema, bloom))
            .with_schema_root("table".to_owned())
            .with_skip_arrow_metadata(true);
        let writer =
            ArrowWriter::try_new_with_options(Vec::new(), arrow.clone(), options).map_err(unwritable)?;
        let nans = NanCounts::new(schema);
        Ok(Self { schema: schema.clone(), arrow, writer, nans, rows: 0 })
    }

    /// The columns of the batches that are written.
    #[must_use]
    pub fn arrow_schema(&self) -> &Arc<ArrowSchema> {
        &self.arrow
    }

    /// Adds rows, whose columns have to be those of the schema, in its order.
    ///
    /// # Errors
    /// Columns of other types, and NULL where there must be none. Nothing of the batch is written then.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<(), FileError> {
        self.check(batch)?;
        self.nans.count(batch);
        self.writer.write(batch).map_err(unwritable)?;
        self.rows += batch.num_rows() as u64;
        Ok(())
    }

    /// The rows so far.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The bytes that the file will have, about.
    #[must_use]
    pub fn estimated_bytes(&self) -> usize {
        self.writer.bytes_written() + self.writer.in_progress_size()
    }

    /// The whole file, and what a manifest says of it. Its path, partition and order are for the caller to add.
    ///
    /// # Errors
    /// Rows that the format cannot hold.
    pub fn finish(mut self) -> Result<(Bytes, DataFile), FileError> {
        let metadata = self.writer.finish().map_err(unwritable)?;
        let bytes = std::mem::take(self.writer.inner_mut());
        let file = metrics::data_file(&self.schema, &metadata, &self.nans, bytes.len())?;
        Ok((bytes.into(), file))
    }

    fn check(&self, batch: &RecordBatch) -> Outcome<()> {
        if batch.num_columns() != self.schema.fields.len() {
            let found = format!("{} columns", batch.num_columns());
            let expected = format!("one of {}", self.schema.fields.len());
            return Err(FileError::Mismatch { column: String::new(), expected, found });
        }
        for (field, array) in self.arrow.fields().iter().zip(batch.columns()) {
            if field.data_type() != array.data_type() {
                return Err(FileError::Mismatch {
                    column: field.name().clone(),
                    expected: field.data_type().to_string(),
                    found: array.data_type().to_string(),
                });
            }
            if !field.is_nullable() && array.null_count() > 0 {
                return Err(FileError::Null { column: field.name().clone() });
            }
        }
        Ok(())
    }
}

fn properties(schema: &Schema, bloom: &[i32]) -> WriterProperties {
    let mut properties = WriterProperties::builder()
        .set_compression(compression())
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .set_max_row_group_bytes(Some(GROUP_BYTES))
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_data_page_size_limit(PAGE_BYTES)
        .set_dictionary_page_size_limit(DICTIONARY_BYTES)
        .set_statistics_truncate_length(Some(BOUND_BYTES))
        .set_column_index_truncate_length(Some(BOUND_BYTES))
        .set_bloom_filter_position(BloomFilterPosition::End);
    let column = |field: &Field| ColumnPath::new(vec![field.name.clone()]);
    for field in &schema.fields {
        if schema.identifier_field_ids == [field.id] {
            // no two rows have the same
            properties = properties.set_column_dictionary_enabled(column(field), false);
        }
    }
    for field in schema.fields.iter().filter(|field| bloom.contains(&field.id)) {
        // this alone asks for one; without a column it asks for one of every column
        properties = properties.set_column_bloom_filter_fpp(column(field), FALSE_POSITIVES);
    }
    properties.build()
}

#[cfg(not(target_family = "wasm"))]
fn compression() -> Compression {
    // level 1: the next ones take longer and save nothing on rows of this kind
    Compression::ZSTD(parquet::basic::ZstdLevel::default())
}

/// zstd is in C, which this target has no compiler for.
#[cfg(target_family = "wasm")]
fn compression() -> Compression {
    Compression::LZ4_RAW
}
