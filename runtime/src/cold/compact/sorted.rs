//! Rows in the present sort order of their table.

use arrow_array::{ArrayRef, RecordBatch};
use arrow_row::{RowConverter, Rows, SortField};
use arrow_schema::SortOptions;
use arrow_select::interleave::interleave_record_batch;

use super::super::{
    error::{Result, refused},
    iceberg::{Schema, SortField as OrderField, TableMetadata},
    mapping::by_event,
};

/// A row of a batch: the batch, and the row in it.
pub(crate) type Place = (usize, usize);

/// How the rows of a table are sorted.
pub(crate) struct Sorting {
    /// The number of the order; none when rows cannot be put into the table's own.
    pub(crate) order_id: Option<i32>,
    columns: Vec<usize>,
    converter: RowConverter,
}

impl Sorting {
    /// The present order of a table. Where another writer has set one by more than columns, rows are put into that of events, and
    /// their files name no order.
    pub(crate) fn of(table: &TableMetadata, schema: &Schema) -> Result<Self> {
        let order = table.sort_order().filter(|order| !order.fields.is_empty());
        let columns =
            order.and_then(|order| order.fields.iter().map(|field| column(schema, field)).collect());
        let order_id = order.filter(|_| columns.is_some()).map(|order| order.order_id);
        let columns: Vec<(usize, SortOptions)> = columns.unwrap_or_else(|| of_events(schema));
        let arrow = schema.arrow()?;
        let fields = columns
            .iter()
            .map(|&(at, options)| SortField::new_with_options(arrow.field(at).data_type().clone(), options));
        let converter = RowConverter::new(fields.collect()).map_err(|error| refused(&error))?;
        Ok(Self { order_id, columns: columns.into_iter().map(|(at, _)| at).collect(), converter })
    }

    /// The keys of rows: they compare as the rows do.
    pub(crate) fn keys(&self, batch: &RecordBatch) -> Result<Rows> {
        let arrays: Vec<ArrayRef> = self.columns.iter().map(|&at| batch.column(at).clone()).collect();
        self.converter.convert_columns(&arrays).map_err(|error| refused(&error))
    }
}

fn column(schema: &Schema, field: &OrderField) -> Option<(usize, SortOptions)> {
    let place = schema.fields.iter().position(|column| column.id == field.source_id)?;
    let (descending, nulls_first) = (field.direction == "desc", field.null_order == "nulls-first");
    (field.transform == "identity").then_some((place, SortOptions { descending, nulls_first }))
}

fn of_events(schema: &Schema) -> Vec<(usize, SortOptions)> {
    let place = |(name, _): (&str, bool)| schema.fields.iter().position(|field| field.name == name);
    by_event().into_iter().filter_map(place).map(|at| (at, SortOptions::default())).collect()
}

/// The places of all rows, by groups and in each by keys.
pub(crate) fn order(keys: &[Rows], groups: &[Vec<u32>]) -> Vec<Place> {
    let all = groups.iter().enumerate().flat_map(|(at, rows)| (0..rows.len()).map(move |row| (at, row)));
    let mut places: Vec<Place> = all.collect();
    places.sort_unstable_by(|&(a, x), &(b, y)| {
        groups[a][x].cmp(&groups[b][y]).then_with(|| keys[a].row(x).cmp(&keys[b].row(y)))
    });
    places
}

/// The rows at some places as one batch.
pub(crate) fn gathered(batches: &[RecordBatch], places: &[Place]) -> Result<RecordBatch> {
    let batches: Vec<&RecordBatch> = batches.iter().collect();
    interleave_record_batch(&batches, places).map_err(|error| refused(&error))
}
