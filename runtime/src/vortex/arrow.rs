//! Segments as arrays of Apache Arrow, in the types that the cold tier has too.

use std::{ops::Range, sync::Arc};

use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, FixedSizeBinaryArray, Float32Array,
    Float64Array, Int32Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow_buffer::{ArrowNativeType, BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::{ArrowError, DataType as ArrowType, Field, Schema, TimeUnit};

use super::{
    bitmap::Bitmap,
    column::{Column, Values, expand},
    error::{Outcome, VrtxError},
    file::File,
    ints::{Integer, Ints},
    segment::{Body, Segment, aligned},
    strings::Strings,
    types::DataType,
};

impl DataType {
    /// The type of Arrow that the values have there.
    #[must_use]
    pub fn arrow(self) -> ArrowType {
        match self {
            Self::Bool => ArrowType::Boolean,
            Self::I8 | Self::I16 | Self::I32 | Self::U8 | Self::U16 => ArrowType::Int32,
            Self::U32 | Self::I64 => ArrowType::Int64,
            Self::F32 => ArrowType::Float32,
            Self::F64 => ArrowType::Float64,
            Self::Text => ArrowType::Utf8,
            Self::Bytes => ArrowType::Binary,
            Self::Fixed(length) => ArrowType::FixedSizeBinary(length.cast_signed()),
            Self::Uuid => ArrowType::FixedSizeBinary(16),
            Self::Timestamp => ArrowType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            Self::Date => ArrowType::Date32,
            Self::Decimal { precision, scale } => ArrowType::Decimal128(precision, scale.cast_signed()),
        }
    }
}

impl File<'_> {
    /// The columns as a schema of Arrow; empty when there is no row group.
    #[must_use]
    pub fn arrow_schema(&self) -> Schema {
        let field = |(column, name): (usize, &str)| {
            self.data_type(column).map(|(data_type, nullable)| Field::new(name, data_type.arrow(), nullable))
        };
        Schema::new(self.names().enumerate().filter_map(field).collect::<Vec<_>>())
    }

    /// Decodes `columns`, batch by batch, each of at most `rows` rows of one row group; a few thousand rows fit into the
    /// processor's caches.
    ///
    /// # Errors
    /// Of the iterator: damaged values, and columns that the file does not have.
    pub fn arrow_batches(
        &self,
        columns: &[usize],
        rows: usize,
    ) -> impl Iterator<Item = Result<RecordBatch, VrtxError>> {
        (0..self.groups()).flat_map(move |group| match self.arrow_group(group, columns, rows.max(1)) {
            Ok(batches) => Either::Batches(batches),
            Err(error) => Either::Failed(Some(error)),
        })
    }

    /// As [`File::arrow_batches`], of one row group.
    ///
    /// # Errors
    /// As there, and a row group that the file does not have.
    pub fn arrow_group(
        &self,
        group: usize,
        columns: &[usize],
        rows: usize,
    ) -> Result<impl Iterator<Item = Result<RecordBatch, VrtxError>> + use<'_>, VrtxError> {
        let schema = Arc::new(self.arrow_schema().project(columns).map_err(refused)?);
        let segments: Outcome<Vec<Segment<'_>>> =
            columns.iter().map(|&column| self.segment(group, column)).collect();
        let segments = segments?;
        let all = segments.first().map_or(0, Segment::rows);
        Ok((0..all).step_by(rows.max(1)).map(move |start| {
            let range = start..all.min(start.saturating_add(rows));
            let arrays: Outcome<Vec<ArrayRef>> =
                segments.iter().map(|segment| segment.decode_arrow(range.clone())).collect();
            RecordBatch::try_new(schema.clone(), arrays?).map_err(refused)
        }))
    }
}

/// The batches of a row group, or why there are none.
enum Either<I> {
    Batches(I),
    Failed(Option<VrtxError>),
}

impl<I: Iterator<Item = Result<RecordBatch, VrtxError>>> Iterator for Either<I> {
    type Item = Result<RecordBatch, VrtxError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Batches(batches) => batches.next(),
            Self::Failed(error) => error.take().map(Err),
        }
    }
}

fn refused(_: ArrowError) -> VrtxError {
    VrtxError::Damaged("Arrow refuses the values")
}

impl Segment<'_> {
    /// Decodes `rows`, of which it has to have all, to an array of [`DataType::arrow`].
    ///
    /// # Errors
    /// Damaged values.
    pub fn decode_arrow(&self, rows: Range<usize>) -> Result<ArrayRef, VrtxError> {
        match (&self.body, self.data_type()) {
            (
                Body::Ints(ints),
                DataType::I8 | DataType::I16 | DataType::I32 | DataType::U8 | DataType::U16 | DataType::Date,
            ) => {
                let (numbers, nulls) = self.numbers::<i32>(ints, rows)?;
                Ok(match self.data_type() {
                    DataType::Date => Arc::new(Date32Array::try_new(numbers, nulls).map_err(refused)?),
                    _ => Arc::new(Int32Array::try_new(numbers, nulls).map_err(refused)?),
                })
            }
            (Body::Ints(ints), DataType::Decimal { .. }) => {
                let (numbers, nulls) = self.numbers::<i128>(ints, rows)?;
                Ok(Arc::new(decimals(self.data_type(), numbers, nulls)?))
            }
            _ => self.decode_range(rows)?.into_arrow(),
        }
    }

    /// The numbers of some rows, and which of them are NULL.
    fn numbers<T: Integer + ArrowNativeType>(
        &self,
        ints: &Ints<'_>,
        rows: Range<usize>,
    ) -> Outcome<(ScalarBuffer<T>, Option<NullBuffer>)> {
        let Some(validity) = &self.validity else {
            return Ok((aligned(rows, |start, out| ints.read(start, out))?.into(), None));
        };
        let there = validity.rank(rows.start)..validity.rank(rows.end);
        let mut numbers = aligned(there, |start, out| ints.read(start, out))?;
        let validity = validity.slice(rows);
        expand(&mut numbers, &validity);
        Ok((numbers.into(), Some(null_buffer(validity))))
    }
}

impl Column {
    /// The values as an array of [`DataType::arrow`].
    ///
    /// # Errors
    /// Decimals of more digits than their type has.
    pub fn into_arrow(self) -> Result<ArrayRef, VrtxError> {
        let data_type = self.data_type();
        let (values, validity) = self.into_parts();
        let nulls = validity.map(null_buffer);
        Ok(match values {
            Values::Bool(values) => Arc::new(BooleanArray::new(boolean_buffer(values), nulls)),
            Values::Int(values) => return int_array(data_type, values, nulls),
            Values::F32(values) => Arc::new(Float32Array::new(values.into(), nulls)),
            Values::F64(values) => Arc::new(Float64Array::new(values.into(), nulls)),
            Values::Bytes(values) => return bytes_array(data_type, values, nulls),
            Values::Wide(values) if data_type.fixed_length().is_some() => {
                let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_be_bytes()).collect();
                Arc::new(FixedSizeBinaryArray::try_new(16, bytes.into(), nulls).map_err(refused)?)
            }
            Values::Wide(values) => Arc::new(decimals(data_type, values.into(), nulls)?),
        })
    }
}

fn int_array(data_type: DataType, values: Vec<i64>, nulls: Option<NullBuffer>) -> Outcome<ArrayRef> {
    let narrow = |values: Vec<i64>| values.into_iter().map(|value| value as i32).collect::<Vec<_>>();
    Ok(match data_type {
        DataType::U32 | DataType::I64 => Arc::new(Int64Array::new(values.into(), nulls)),
        DataType::Timestamp => {
            Arc::new(TimestampMicrosecondArray::new(values.into(), nulls).with_timezone("UTC"))
        }
        DataType::Decimal { .. } => Arc::new(decimals(
            data_type,
            values.into_iter().map(i128::from).collect::<Vec<_>>().into(),
            nulls,
        )?),
        DataType::Date => Arc::new(Date32Array::new(narrow(values).into(), nulls)),
        _ => Arc::new(Int32Array::new(narrow(values).into(), nulls)),
    })
}

fn decimals(
    data_type: DataType,
    values: ScalarBuffer<i128>,
    nulls: Option<NullBuffer>,
) -> Outcome<Decimal128Array> {
    let array = Decimal128Array::try_new(values, nulls).map_err(refused)?;
    match data_type {
        DataType::Decimal { precision, scale } => {
            array.with_precision_and_scale(precision, scale.cast_signed()).map_err(refused)
        }
        _ => Err(VrtxError::Mismatch("the column holds no decimals")),
    }
}

fn bytes_array(data_type: DataType, values: Strings, nulls: Option<NullBuffer>) -> Outcome<ArrayRef> {
    if let DataType::Fixed(length) = data_type {
        let mut bytes = Vec::new();
        for value in values.iter() {
            bytes.extend_from_slice(value);
            if value.is_empty() {
                bytes.resize(bytes.len() + length as usize, 0);
            }
        }
        let array = FixedSizeBinaryArray::try_new(length.cast_signed(), bytes.into(), nulls);
        return Ok(Arc::new(array.map_err(refused)?));
    }
    if data_type == DataType::Text {
        return Ok(Arc::new(text_array(values, nulls)));
    }
    let (offsets, bytes) = values.into_parts();
    let (offsets, bytes) = (OffsetBuffer::new(offsets.into()), Buffer::from_vec(bytes));
    Ok(Arc::new(BinaryArray::try_new(offsets, bytes, nulls).map_err(refused)?))
}

/// The texts of a column, which are UTF-8: see [`Column`]. Arrow would look at each text and each offset once more.
#[allow(unsafe_code)]
fn text_array(values: Strings, nulls: Option<NullBuffer>) -> StringArray {
    let (offsets, bytes) = values.into_parts();
    let bytes = Buffer::from_vec(bytes);
    // SAFETY: every method of `Strings` adds an offset that is not below the last and not above the length of the bytes,
    // and the first is 0. Every column of texts was checked when it was made: `Column::push` takes a `str`;
    // `Column::from_values` and `Segment::read` look at the bytes and at each offset, or at each distinct text. A
    // column has as many bits in its validity as values.
    unsafe { StringArray::new_unchecked(OffsetBuffer::new_unchecked(offsets.into()), bytes, nulls) }
}

fn boolean_buffer(bits: Bitmap) -> BooleanBuffer {
    let len = bits.len();
    BooleanBuffer::new(Buffer::from_vec(bits.into_words()), 0, len)
}

fn null_buffer(validity: Bitmap) -> NullBuffer {
    NullBuffer::new(boolean_buffer(validity))
}
