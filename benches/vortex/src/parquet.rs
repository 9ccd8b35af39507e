//! Parquet, by the crate `parquet`.

use anyhow::Result;
use bytes::Bytes;
use parquet::{
    arrow::{ArrowWriter, arrow_reader::ParquetRecordBatchReaderBuilder},
    basic::Compression,
    file::properties::WriterProperties,
};

use crate::data::Table;

/// The table as a file.
pub(crate) fn write(table: &Table, compression: Compression) -> Result<Vec<u8>> {
    let properties = WriterProperties::builder().set_compression(compression).build();
    let mut writer = ArrowWriter::try_new(Vec::new(), table.batches[0].schema(), Some(properties))?;
    for batch in &table.batches {
        writer.write(batch)?;
    }
    Ok(writer.into_inner()?)
}

/// Decodes every column to Arrow; gives the number of rows.
pub(crate) fn read(bytes: &Bytes) -> Result<usize> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes.clone())?.with_batch_size(65_536).build()?;
    let mut rows = 0;
    for batch in reader {
        rows += batch?.num_rows();
    }
    Ok(rows)
}
