//! Arrays as the library's rows and columns, and back.

use std::sync::Arc;

use arrow_array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Decimal128Array, FixedSizeBinaryArray, Float32Array,
    Float64Array, RecordBatch, StringArray,
    cast::AsArray,
    types::{
        Date32Type, Decimal128Type, Float32Type, Float64Type, Int32Type, Int64Type, Time64MicrosecondType,
        TimestampMicrosecondType,
    },
};
use arrow_buffer::{NullBuffer, ScalarBuffer};
use arrow_schema::{DataType as ArrowType, TimeUnit};

use crate::{
    schema::types::sortable_text,
    value::{Row, ValueError, ValueRef},
    vortex::{self, Bitmap, Strings, Values},
};

use super::{
    super::iceberg::{Schema, Type},
    error::{FileError, Outcome, unsupported, unwritable},
};

/// The values of a column, as SQLite has them.
#[derive(Debug)]
pub(super) enum Cells<'a> {
    Bool(&'a BooleanArray),
    Int32(&'a [i32], Option<&'a NullBuffer>),
    Int64(&'a [i64], Option<&'a NullBuffer>),
    F32(&'a Float32Array),
    F64(&'a Float64Array),
    Text(&'a StringArray),
    Bytes(&'a BinaryArray),
    Fixed(&'a FixedSizeBinaryArray),
    /// Of up to 18 digits: an integer.
    Narrow(&'a Decimal128Array),
    /// Of more digits: text that sorts as the numbers do.
    Wide(&'a Decimal128Array, u8),
    /// Of a type that this library does not read.
    Null,
}

impl<'a> Cells<'a> {
    /// The values of an array of the type that [`Schema::arrow`] gives for `kind`.
    pub(super) fn new(array: &'a ArrayRef, kind: &Type) -> Self {
        let nulls = array.nulls();
        match (array.data_type(), kind) {
            (ArrowType::Boolean, _) => Self::Bool(array.as_boolean()),
            (ArrowType::Int32, _) => Self::Int32(array.as_primitive::<Int32Type>().values(), nulls),
            (ArrowType::Date32, _) => Self::Int32(array.as_primitive::<Date32Type>().values(), nulls),
            (ArrowType::Int64, _) => Self::Int64(array.as_primitive::<Int64Type>().values(), nulls),
            (ArrowType::Timestamp(TimeUnit::Microsecond, _), _) => {
                Self::Int64(array.as_primitive::<TimestampMicrosecondType>().values(), nulls)
            }
            (ArrowType::Time64(TimeUnit::Microsecond), _) => {
                Self::Int64(array.as_primitive::<Time64MicrosecondType>().values(), nulls)
            }
            (ArrowType::Float32, _) => Self::F32(array.as_primitive::<Float32Type>()),
            (ArrowType::Float64, _) => Self::F64(array.as_primitive::<Float64Type>()),
            (ArrowType::Utf8, _) => Self::Text(array.as_string()),
            (ArrowType::Binary, _) => Self::Bytes(array.as_binary()),
            (ArrowType::FixedSizeBinary(_), _) => Self::Fixed(array.as_fixed_size_binary()),
            (ArrowType::Decimal128(..), Type::Decimal { precision: precision @ 19.., .. }) => {
                Self::Wide(array.as_primitive::<Decimal128Type>(), *precision)
            }
            (ArrowType::Decimal128(..), _) => Self::Narrow(array.as_primitive::<Decimal128Type>()),
            _ => Self::Null,
        }
    }

    /// The value at `at`, which has to exist. The digits of a wide decimal are put into `digits`.
    pub(super) fn get<'r>(&self, at: usize, digits: &'r mut String) -> ValueRef<'r>
    where
        'a: 'r,
    {
        if let Some(value) = self.wide(at) {
            *digits = value;
            return ValueRef::Text(digits);
        }
        self.value(at, digits)
    }

    /// The digits of a wide decimal.
    fn wide(&self, at: usize) -> Option<String> {
        match self {
            Self::Wide(array, precision) if array.is_valid(at) => {
                Some(sortable_text(array.value(at), *precision))
            }
            _ => None,
        }
    }

    /// As [`Cells::get`], where `digits` holds those of a wide decimal already.
    fn value<'r>(&self, at: usize, digits: &'r str) -> ValueRef<'r>
    where
        'a: 'r,
    {
        let there = |nulls: Option<&NullBuffer>| nulls.is_none_or(|nulls| nulls.is_valid(at));
        match self {
            Self::Bool(array) if array.is_valid(at) => ValueRef::Integer(i64::from(array.value(at))),
            Self::Int32(values, nulls) if there(*nulls) => ValueRef::Integer(i64::from(values[at])),
            Self::Int64(values, nulls) if there(*nulls) => ValueRef::Integer(values[at]),
            Self::F32(array) if array.is_valid(at) => ValueRef::Real(f64::from(array.value(at))),
            Self::F64(array) if array.is_valid(at) => ValueRef::Real(array.value(at)),
            Self::Text(array) if array.is_valid(at) => ValueRef::Text(array.value(at)),
            Self::Bytes(array) if array.is_valid(at) => ValueRef::Blob(array.value(at)),
            Self::Fixed(array) if array.is_valid(at) => ValueRef::Blob(array.value(at)),
            // up to 18 digits, which Arrow does not check, are an i64
            Self::Narrow(array) if array.is_valid(at) => {
                i64::try_from(array.value(at)).map_or(ValueRef::Null, ValueRef::Integer)
            }
            Self::Wide(array, _) if array.is_valid(at) => ValueRef::Text(digits),
            _ => ValueRef::Null,
        }
    }
}

/// The rows of a batch, one after the other, each as a [`Row`].
///
/// ```
/// # use std::sync::Arc;
/// # use arrow_array::{Int64Array, RecordBatch, StringArray};
/// # use terrace::{cold::{iceberg::{Field, Schema, Type}, parquet::BatchRows}, prelude::*};
/// #[derive(Collection)]
/// struct City { #[id] name: String, people: i64 }
///
/// # let field = |id, name: &str, kind| Field { id, name: name.into(), required: true, kind, doc: None };
/// let schema = Schema::new(0, vec![field(1, "name", Type::String), field(2, "people", Type::Long)]);
/// let (names, people) = (StringArray::from(vec!["Bonn"]), Int64Array::from(vec![330_000]));
/// let batch = RecordBatch::try_new(Arc::new(schema.arrow()?), vec![Arc::new(names), Arc::new(people)])?;
/// let mut rows = BatchRows::new(&batch, &schema);
/// while rows.advance() {
///     assert_eq!(City::read(&rows)?.people, 330_000);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct BatchRows<'a> {
    columns: Vec<Cells<'a>>,
    /// The digits of the wide decimals of the row.
    digits: Vec<String>,
    rows: usize,
    next: usize,
}

impl<'a> BatchRows<'a> {
    /// The rows of a batch that has the columns of `schema`. The first comes with [`BatchRows::advance`].
    #[must_use]
    pub fn new(batch: &'a RecordBatch, schema: &Schema) -> Self {
        let columns = batch.columns().iter().zip(&schema.fields);
        let columns: Vec<_> = columns.map(|(array, field)| Cells::new(array, &field.kind)).collect();
        Self { digits: vec![String::new(); columns.len()], columns, rows: batch.num_rows(), next: 0 }
    }

    /// Goes on to the next row; false when there is none.
    pub fn advance(&mut self) -> bool {
        self.next < self.rows && {
            self.seek(self.next);
            true
        }
    }

    /// Goes to the row at `at`, which has to exist.
    pub fn seek(&mut self, at: usize) {
        self.next = at + 1;
        for (cells, digits) in self.columns.iter().zip(&mut self.digits) {
            if let Some(value) = cells.wide(at) {
                *digits = value;
            }
        }
    }
}

impl Row for BatchRows<'_> {
    fn len(&self) -> usize {
        self.columns.len()
    }

    #[inline]
    fn value(&self, column: usize) -> Result<ValueRef<'_>, ValueError> {
        Ok(self.columns[column].value(self.next - 1, &self.digits[column]))
    }
}

/// The type of the library that has the values of a column of a table.
pub(crate) fn data_type(column: &str, kind: &Type) -> Outcome<vortex::DataType> {
    use vortex::DataType;
    Ok(match kind {
        Type::Boolean => DataType::Bool,
        Type::Int => DataType::I32,
        Type::Long => DataType::I64,
        Type::Float => DataType::F32,
        Type::Double => DataType::F64,
        Type::Decimal { precision, scale } => DataType::Decimal { precision: *precision, scale: *scale },
        Type::Date => DataType::Date,
        Type::Timestamptz => DataType::Timestamp,
        Type::String => DataType::Text,
        Type::Uuid => DataType::Uuid,
        Type::Fixed(length) => DataType::Fixed(*length),
        Type::Binary => DataType::Bytes,
        Type::Time | Type::Timestamp | Type::Other(_) => return Err(unsupported(column, kind)),
    })
}

/// A batch of the columns of `schema`, in its order.
///
/// # Errors
/// Columns of other types or lengths, and NULL where there must be none.
pub fn batch_of_columns(schema: &Schema, columns: Vec<vortex::Column>) -> Result<RecordBatch, FileError> {
    let arrays: Result<Vec<ArrayRef>, _> = columns.into_iter().map(vortex::Column::into_arrow).collect();
    RecordBatch::try_new(Arc::new(schema.arrow()?), arrays.map_err(unwritable)?).map_err(unwritable)
}

/// An array as a column of the library of this type, which has to be one that Arrow has as the array's.
///
/// # Errors
/// Values that the column cannot hold.
pub fn column_of_array(
    array: &ArrayRef,
    data_type: vortex::DataType,
    nullable: bool,
) -> Result<vortex::Column, FileError> {
    if *array.data_type() != data_type.arrow() {
        return Err(unwritable(format!("an array of {} is no column of {data_type:?}", array.data_type())));
    }
    let validity =
        array.nulls().filter(|nulls| nulls.null_count() > 0).map(|nulls| nulls.iter().collect::<Bitmap>());
    vortex::Column::from_values(data_type, nullable, values(array, data_type)?, validity).map_err(unwritable)
}

fn values(array: &ArrayRef, data_type: vortex::DataType) -> Outcome<Values> {
    let wide = |values: &ScalarBuffer<i128>| values.to_vec();
    Ok(match array.data_type() {
        ArrowType::Boolean => Values::Bool(array.as_boolean().values().iter().collect()),
        ArrowType::Int32 => Values::Int(widened(array.as_primitive::<Int32Type>().values())),
        ArrowType::Date32 => Values::Int(widened(array.as_primitive::<Date32Type>().values())),
        ArrowType::Int64 => Values::Int(array.as_primitive::<Int64Type>().values().to_vec()),
        ArrowType::Timestamp(..) => {
            Values::Int(array.as_primitive::<TimestampMicrosecondType>().values().to_vec())
        }
        ArrowType::Float32 => Values::F32(array.as_primitive::<Float32Type>().values().to_vec()),
        ArrowType::Float64 => Values::F64(array.as_primitive::<Float64Type>().values().to_vec()),
        ArrowType::Decimal128(precision, _) if *precision > 18 => {
            Values::Wide(wide(array.as_primitive::<Decimal128Type>().values()))
        }
        ArrowType::Decimal128(..) => {
            let numbers = array.as_primitive::<Decimal128Type>().values().iter();
            // what a NULL stands over may be anything
            Values::Int(numbers.map(|&number| i64::try_from(number).unwrap_or(i64::MAX)).collect())
        }
        ArrowType::Utf8 => strings(array.as_string::<i32>().iter().map(|text| text.map(str::as_bytes)))?,
        ArrowType::Binary => strings(array.as_binary::<i32>().iter())?,
        ArrowType::FixedSizeBinary(16) => Values::Wide(sixteens(array.as_fixed_size_binary())),
        ArrowType::FixedSizeBinary(_) => strings(array.as_fixed_size_binary().iter())?,
        _ => {
            return Err(unwritable(format!(
                "an array of {} is no column of {data_type:?}",
                array.data_type()
            )));
        }
    })
}

fn widened(values: &[i32]) -> Vec<i64> {
    values.iter().copied().map(i64::from).collect()
}

fn sixteens(array: &FixedSizeBinaryArray) -> Vec<i128> {
    let sixteen =
        |bytes: Option<&[u8]>| bytes.and_then(|bytes| bytes.try_into().ok()).map_or(0, i128::from_be_bytes);
    array.iter().map(sixteen).collect()
}

fn strings<'a>(values: impl Iterator<Item = Option<&'a [u8]>>) -> Outcome<Values> {
    let mut strings = Strings::new();
    for value in values {
        strings.push(value.unwrap_or_default()).map_err(unwritable)?;
    }
    Ok(Values::Bytes(strings))
}
