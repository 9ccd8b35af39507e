//! Vortex, by the crate `vortex`, on one thread.

use std::sync::Arc;

use anyhow::Result;
use arrow_array::RecordBatchReader;
use bytes::Bytes;
use vortex::{
    VortexSessionDefault,
    arrow::ArrowSessionExt,
    buffer::ByteBuffer,
    compressor::BtrBlocksCompressorBuilder,
    file::{OpenOptionsSessionExt, WriteOptionsSessionExt, WriteStrategyBuilder},
    io::{
        runtime::{BlockingRuntime, current::CurrentThreadRuntime},
        session::RuntimeSessionExt,
    },
    session::VortexSession,
};

use crate::data::Table;

/// A session, and the runtime that works on the thread that asks.
pub(crate) struct Vortex {
    runtime: CurrentThreadRuntime,
    session: VortexSession,
}

impl Vortex {
    pub(crate) fn new() -> Self {
        let runtime = CurrentThreadRuntime::new();
        let session = VortexSession::default().with_handle(runtime.handle());
        Self { runtime, session }
    }

    /// The table as a file, by the default strategy or the compact one.
    pub(crate) fn write(&self, table: &Table, compact: bool) -> Result<Vec<u8>> {
        let schema = table.batches[0].schema();
        let dtype = self.session.arrow().from_arrow_schema(&schema)?;
        let mut options = self.session.write_options();
        if compact {
            let compressor = BtrBlocksCompressorBuilder::from_session(&self.session).with_compact();
            let strategy =
                WriteStrategyBuilder::from_session(&self.session).with_btrblocks_builder(compressor);
            options = options.with_strategy(strategy.build());
        }
        let mut bytes = Vec::new();
        let mut writer = options.blocking(&self.runtime).writer(&mut bytes, dtype);
        for batch in &table.batches {
            writer.push(self.session.arrow().from_arrow_record_batch(batch.clone(), &schema)?)?;
        }
        writer.finish()?;
        Ok(bytes)
    }

    /// Decodes every column to the types of Arrow that Vortex prefers; gives the number of rows.
    pub(crate) fn read(&self, bytes: &Bytes) -> Result<usize> {
        let file = self.session.open_options().open_buffer(ByteBuffer::from(bytes.clone()))?;
        let schema = Arc::new(self.session.arrow().to_arrow_schema(file.dtype())?);
        self.read_as(&file, schema)
    }

    fn read_as(&self, file: &vortex::file::VortexFile, schema: arrow_schema::SchemaRef) -> Result<usize> {
        let reader = file.scan()?.into_record_batch_reader(schema, &self.runtime)?;
        let _ = reader.schema();
        let mut rows = 0;
        for batch in reader {
            rows += batch?.num_rows();
        }
        Ok(rows)
    }
}
