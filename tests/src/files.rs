//! Data files in memory, and tables of every type to write into them.

// numbers are cut on purpose
#![allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, clippy::unwrap_used)]

use std::{future::Future, ops::Range, pin::pin, sync::Arc, task::Context, task::Poll, task::Waker};

use arrow_array::RecordBatch;
use bytes::Bytes;
use parquet::{
    arrow::{ArrowWriter, arrow_writer::ArrowWriterOptions},
    basic::{Compression, ZstdLevel},
    file::properties::{BloomFilterPosition, EnabledStatistics, WriterProperties, WriterVersion},
    schema::types::ColumnPath,
};
use terrace::{
    cold::{
        iceberg::{DataFile, Field, Schema, Type},
        parquet::{Counters, FileBatch, FileError, FileReader, Scan},
        store::{PutMode, Store, StoreError, StoreErrorKind, StoredFile, Task},
    },
    vortex::DataType,
};

use crate::Random;

/// A store that holds one file, whatever its path.
#[derive(Debug)]
pub struct OneFile(pub Bytes);

impl Store for OneFile {
    fn get<'a>(&'a self, path: &'a str, range: Option<Range<u64>>) -> Task<'a, Bytes> {
        let size = self.0.len() as u64;
        let range = range.unwrap_or(0..size);
        let bytes = if range.start <= range.end && range.end <= size {
            Ok(self.0.slice(range.start as usize..range.end as usize))
        } else {
            Err(StoreError::new(path, StoreErrorKind::Unknown))
        };
        Box::pin(std::future::ready(bytes))
    }

    fn put<'a>(&'a self, path: &'a str, _: Bytes, _: PutMode) -> Task<'a, ()> {
        Box::pin(std::future::ready(Err(StoreError::new(path, StoreErrorKind::Denied))))
    }

    fn delete<'a>(&'a self, path: &'a str) -> Task<'a, ()> {
        Box::pin(std::future::ready(Err(StoreError::new(path, StoreErrorKind::Denied))))
    }

    fn list<'a>(&'a self, _: &'a str) -> Task<'a, Vec<StoredFile>> {
        Box::pin(std::future::ready(Ok(Vec::new())))
    }
}

/// The outcome of a future that never waits.
///
/// # Panics
/// It waits.
pub fn now<F: Future>(future: F) -> F::Output {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(future).poll(&mut context) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("a future waits"),
    }
}

/// What a manifest has to say of a file for it to be read.
#[must_use]
pub fn described(bytes: &Bytes, rows: usize) -> DataFile {
    DataFile { record_count: rows as i64, file_size_in_bytes: bytes.len() as i64, ..DataFile::default() }
}

/// Everything that a scan finds in a file, and what it took.
///
/// # Errors
/// Those of the reader.
pub fn read(
    bytes: &Bytes,
    file: &DataFile,
    scan: &Scan,
    deleted: &[u64],
) -> Result<(Vec<FileBatch>, Counters), FileError> {
    let store = Arc::new(OneFile(bytes.clone()));
    now(async {
        let mut reader =
            FileReader::open(store, "file".to_owned(), file, Arc::new(scan.clone()), deleted.to_vec())
                .await?;
        let mut batches = Vec::new();
        while let Some(batch) = reader.next().await? {
            batches.push(batch);
        }
        Ok((batches, reader.counters()))
    })
}

/// The type of a table for a type of the library: section 5 of the design.
#[must_use]
pub fn iceberg_type(data_type: DataType) -> Type {
    match data_type {
        DataType::Bool => Type::Boolean,
        DataType::I8 | DataType::I16 | DataType::I32 | DataType::U8 | DataType::U16 => Type::Int,
        DataType::U32 | DataType::I64 => Type::Long,
        DataType::F32 => Type::Float,
        DataType::F64 => Type::Double,
        DataType::Text => Type::String,
        DataType::Bytes => Type::Binary,
        DataType::Fixed(length) => Type::Fixed(length),
        DataType::Uuid => Type::Uuid,
        DataType::Timestamp => Type::Timestamptz,
        DataType::Date => Type::Date,
        DataType::Decimal { precision, scale } => Type::Decimal { precision, scale },
        other => panic!("a type without a test: {other:?}"),
    }
}

/// A table of columns of these types, which are called `c0`, `c1`, …, and have the ids 1, 2, ….
#[must_use]
pub fn table(columns: &[(DataType, bool)]) -> Schema {
    let field = |(at, &(data_type, nullable)): (usize, &(DataType, bool))| Field {
        id: at as i32 + 1,
        name: format!("c{at}"),
        required: !nullable,
        kind: iceberg_type(data_type),
        doc: None,
    };
    Schema::new(0, columns.iter().enumerate().map(field).collect())
}

/// A file of the rows as some engine might write it: with any version of pages, codec, statistics, filters and index.
///
/// # Panics
/// Parquet cannot write it.
#[must_use]
pub fn foreign(random: &mut Random, table: &Schema, batch: &RecordBatch) -> Bytes {
    let compressions = [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::LZ4_RAW,
        Compression::ZSTD(ZstdLevel::default()),
    ];
    let some = |random: &mut Random, end: u64| 1 + random.below(end) as usize;
    let mut properties = WriterProperties::builder()
        .set_compression(compressions[some(random, 4) - 1])
        .set_writer_version([WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0][some(random, 2) - 1])
        .set_statistics_enabled(
            [
                EnabledStatistics::None,
                EnabledStatistics::Chunk,
                EnabledStatistics::Page,
                EnabledStatistics::Page,
            ][some(random, 4) - 1],
        )
        .set_max_row_group_row_count(Some(some(random, 600)))
        .set_data_page_row_count_limit(some(random, 60))
        .set_write_batch_size(some(random, 40))
        .set_dictionary_enabled(random.below(3) > 0)
        .set_dictionary_page_size_limit(some(random, 2_000))
        .set_statistics_truncate_length(Some(some(random, 20)))
        .set_column_index_truncate_length(Some(some(random, 20)))
        .set_offset_index_disabled(random.below(8) == 0)
        .set_bloom_filter_position(
            [BloomFilterPosition::End, BloomFilterPosition::AfterRowGroup][some(random, 2) - 1],
        );
    for field in &table.fields {
        if random.below(2) == 0 {
            continue;
        }
        let path = ColumnPath::new(vec![field.name.clone()]);
        properties =
            properties.set_column_bloom_filter_fpp(path, [0.3, 0.01, 1e-9][random.below(3) as usize]);
    }
    let options = ArrowWriterOptions::new()
        .with_properties(properties.build())
        .with_skip_arrow_metadata(random.below(2) == 0);
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new_with_options(&mut bytes, batch.schema(), options).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
    bytes.into()
}
