//! Small looks at batches of rows of the lake's tables.

use arrow_array::{BooleanArray, RecordBatch, StringArray, cast::AsArray};
use arrow_select::filter::filter_record_batch;

use super::{
    error::{Result, refused},
    mapping::OBJECT,
};

/// The rows that are kept.
pub(crate) fn filtered(batch: &RecordBatch, kept: Vec<bool>) -> Result<RecordBatch> {
    filter_record_batch(batch, &BooleanArray::from(kept)).map_err(|error| refused(&error))
}

/// One of terrace's own columns of texts.
pub(crate) fn texts<'b>(batch: &'b RecordBatch, name: &str) -> Result<&'b StringArray> {
    let column = batch.column_by_name(name).and_then(|column| column.as_string_opt::<i32>());
    column.ok_or_else(|| refused(&format!("a table without texts in `{name}`")))
}

/// The objects that the rows are of.
pub(crate) fn objects(batch: &RecordBatch) -> Result<&StringArray> {
    texts(batch, OBJECT.name)
}
