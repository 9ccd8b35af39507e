//! The columns of a file as those of the table as it is now: found by id, widened, or made up where the file lacks them.

use std::{collections::BTreeMap, sync::Arc};

use arrow_array::{
    Array, ArrayRef, Decimal128Array, Float64Array, Int64Array, RecordBatch, RecordBatchOptions,
    cast::AsArray,
    new_null_array,
    types::{Decimal128Type, Float32Type, Int32Type},
};
use arrow_schema::{DataType, Schema as ArrowSchema};

use crate::{value::Value, vortex::Column};

use super::{
    super::iceberg::{Field, Schema},
    error::{FileError, Outcome, damaged, unsupported, unwritable},
    rows::data_type,
    schema::arrow_type,
};

/// Where the values of a column come from.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// A leaf of the file's columns.
    File(usize),
    /// It is not in the file: each value is the one of this column, or NULL.
    Constant(Option<Column>),
}

/// How to make batches of the table of batches of the file.
#[derive(Clone, Debug)]
pub(super) struct Projection {
    schema: Arc<ArrowSchema>,
    /// For each column, its place in the batches of the file, or its constant.
    columns: Vec<Source>,
}

impl Source {
    /// Where `field` comes from in a file whose leaves of these ids have these types.
    pub(super) fn of(
        field: &Field,
        leaves: &BTreeMap<i32, (usize, DataType)>,
        fills: &BTreeMap<i32, Value>,
    ) -> Outcome<Self> {
        let Some((leaf, found)) = leaves.get(&field.id) else {
            return Ok(Self::Constant(constant(field, fills.get(&field.id))?));
        };
        let expected = arrow_type(&field.kind).ok_or_else(|| unsupported(&field.name, &field.kind))?;
        if widens(found, &expected) {
            return Ok(Self::File(*leaf));
        }
        let (expected, found) = (field.kind.to_string(), found.to_string());
        Err(FileError::Mismatch { column: field.name.clone(), expected, found })
    }
}

/// Whether every value of `from` is one of `to`: the promotions of types that Iceberg knows.
fn widens(from: &DataType, to: &DataType) -> bool {
    match (from, to) {
        (DataType::Int32, DataType::Int64) | (DataType::Float32, DataType::Float64) => true,
        (DataType::Decimal128(narrow, a), DataType::Decimal128(wide, b)) => a == b && narrow <= wide,
        _ => from == to,
    }
}

fn constant(field: &Field, fill: Option<&Value>) -> Outcome<Option<Column>> {
    match fill {
        None | Some(Value::Null) if field.required => Err(FileError::Null { column: field.name.clone() }),
        None | Some(Value::Null) => Ok(None),
        Some(value) => {
            let mut column = Column::new(data_type(&field.name, &field.kind)?, !field.required);
            column.push(value.as_ref()).map_err(unwritable)?;
            Ok(Some(column))
        }
    }
}

impl Projection {
    /// Batches of `schema`, of batches that have the leaves `read`.
    pub(super) fn new(schema: &Schema, sources: &[Source], read: &[usize]) -> Outcome<Self> {
        let place = |source: &Source| match source {
            Source::File(leaf) => read.iter().position(|read| read == leaf).map(Source::File),
            constant @ Source::Constant(_) => Some(constant.clone()),
        };
        let columns: Option<Vec<Source>> = sources.iter().map(place).collect();
        let columns = columns.ok_or_else(|| damaged("a column was not read"))?;
        Ok(Self { schema: Arc::new(schema.arrow()?), columns })
    }

    /// The columns of the batches.
    pub(super) fn schema(&self) -> &Arc<ArrowSchema> {
        &self.schema
    }

    /// The arrays, in the order of the columns.
    pub(super) fn arrays(&self, batch: &RecordBatch) -> Outcome<Vec<ArrayRef>> {
        let columns = self.columns.iter().zip(self.schema.fields());
        let array = |(source, field): (&Source, &Arc<arrow_schema::Field>)| match source {
            Source::File(place) => widened(batch.column(*place), field.data_type()),
            Source::Constant(one) => repeated(one.as_ref(), field.data_type(), batch.num_rows()),
        };
        columns.map(array).collect()
    }

    /// A batch of the table.
    pub(super) fn batch(&self, batch: &RecordBatch) -> Outcome<RecordBatch> {
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        let arrays = self.arrays(batch)?;
        let null = self
            .schema
            .fields()
            .iter()
            .zip(&arrays)
            .find(|(field, array)| !field.is_nullable() && array.null_count() > 0);
        if let Some((field, _)) = null {
            return Err(FileError::Null { column: field.name().clone() });
        }
        RecordBatch::try_new_with_options(self.schema.clone(), arrays, &options).map_err(damaged)
    }
}

fn widened(array: &ArrayRef, to: &DataType) -> Outcome<ArrayRef> {
    Ok(match (array.data_type(), to) {
        (from, to) if from == to => array.clone(),
        (DataType::Int32, DataType::Int64) => {
            let array = array.as_primitive::<Int32Type>();
            let values = array.values().iter().copied().map(i64::from).collect::<Vec<_>>();
            Arc::new(Int64Array::new(values.into(), array.nulls().cloned()))
        }
        (DataType::Float32, DataType::Float64) => {
            let array = array.as_primitive::<Float32Type>();
            let values = array.values().iter().copied().map(f64::from).collect::<Vec<_>>();
            Arc::new(Float64Array::new(values.into(), array.nulls().cloned()))
        }
        (DataType::Decimal128(..), DataType::Decimal128(precision, scale)) => {
            let array: &Decimal128Array = array.as_primitive::<Decimal128Type>();
            Arc::new(array.clone().with_precision_and_scale(*precision, *scale).map_err(damaged)?)
        }
        (from, to) => return Err(damaged(format!("a column of {from} is none of {to}"))),
    })
}

/// The one value of a column, or NULL, `rows` times.
pub(super) fn repeated(one: Option<&Column>, data_type: &DataType, rows: usize) -> Outcome<ArrayRef> {
    match one {
        Some(column) => column.take(&vec![0; rows]).into_arrow().map_err(damaged),
        None => Ok(new_null_array(data_type, rows)),
    }
}
