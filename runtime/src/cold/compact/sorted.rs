//! Rows in the order of some of their columns, in batches.

use arrow_array::{ArrayRef, RecordBatch};
use arrow_row::{RowConverter, Rows, SortField};
use arrow_select::interleave::interleave_record_batch;

use super::super::error::{Result, refused};

/// A row of a batch: the batch, and the row in it.
pub(crate) type Place = (usize, usize);

/// The places of all rows, by groups and in each in the order of `columns`.
pub(crate) fn order(batches: &[RecordBatch], columns: &[usize], groups: &[Vec<u32>]) -> Result<Vec<Place>> {
    let Some(first) = batches.first() else { return Ok(Vec::new()) };
    let fields = columns.iter().map(|&at| SortField::new(first.column(at).data_type().clone())).collect();
    let converter = RowConverter::new(fields).map_err(|error| refused(&error))?;
    let rows = |batch: &RecordBatch| {
        let arrays: Vec<ArrayRef> = columns.iter().map(|&at| batch.column(at).clone()).collect();
        converter.convert_columns(&arrays).map_err(|error| refused(&error))
    };
    let rows: Vec<Rows> = batches.iter().map(rows).collect::<Result<_>>()?;
    let all =
        batches.iter().enumerate().flat_map(|(at, batch)| (0..batch.num_rows()).map(move |row| (at, row)));
    let mut places: Vec<Place> = all.collect();
    places.sort_unstable_by(|&(a, x), &(b, y)| {
        groups[a][x].cmp(&groups[b][y]).then_with(|| rows[a].row(x).cmp(&rows[b].row(y)))
    });
    Ok(places)
}

/// The rows at some places as one batch.
pub(crate) fn gathered(batches: &[RecordBatch], places: &[Place]) -> Result<RecordBatch> {
    let batches: Vec<&RecordBatch> = batches.iter().collect();
    interleave_record_batch(&batches, places).map_err(|error| refused(&error))
}
