//! A collection of the lake as a table of DataFusion, read batch by batch each time it is asked.

use std::{fmt, marker::PhantomData, sync::Arc};

use datafusion::{
    arrow::datatypes::SchemaRef,
    catalog::streaming::StreamingTable,
    error::{DataFusionError, Result},
    execution::TaskContext,
    physical_plan::{
        SendableRecordBatchStream, stream::RecordBatchReceiverStream, streaming::PartitionStream,
    },
};
use terrace::{
    cold::{Lake, LakeFind},
    prelude::*,
};

/// How many batches wait for those who ask.
const WAITING: usize = 2;

/// The table of a collection as it is, or as it was at a time.
pub(crate) async fn of<T: Collection>(lake: &Lake, at: Option<Timestamp>) -> Result<Arc<StreamingTable>> {
    let schema = question::<T>(lake, at).batches().await.map_err(of_lake)?.schema();
    let documents = Documents::<T> { lake: lake.clone(), at, schema: schema.clone(), of: PhantomData };
    StreamingTable::try_new(schema, vec![Arc::new(documents)]).map(Arc::new)
}

fn question<T: Collection>(lake: &Lake, at: Option<Timestamp>) -> LakeFind<'_, T> {
    let all = lake.find::<T>(|_| Filter::all());
    match at {
        Some(time) => all.as_of(time),
        None => all,
    }
}

fn of_lake(error: StorageError) -> DataFusionError {
    DataFusionError::External(error.into())
}

struct Documents<T> {
    lake: Lake,
    at: Option<Timestamp>,
    schema: SchemaRef,
    of: PhantomData<fn() -> T>,
}

impl<T> fmt::Debug for Documents<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Documents").field("at", &self.at).finish_non_exhaustive()
    }
}

impl<T: Collection> PartitionStream for Documents<T> {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let mut stream = RecordBatchReceiverStream::builder(self.schema.clone(), WAITING);
        let (batches, lake, at) = (stream.tx(), self.lake.clone(), self.at);
        stream.spawn(async move {
            let mut rows = question::<T>(&lake, at).batches().await.map_err(of_lake)?;
            while let Some(batch) = rows.next().await.map_err(of_lake)? {
                if batches.send(Ok(batch)).await.is_err() {
                    break; // nobody asks any more
                }
            }
            Ok(())
        });
        stream.build()
    }
}
