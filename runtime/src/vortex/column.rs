//! The values of a column in memory: what a segment is made from, and what it is decoded to.

use crate::{
    schema::types::{sortable_text, unscaled_of_sortable},
    value::{Value, ValueRef},
};

use super::{
    bitmap::Bitmap,
    error::{Outcome, VrtxError},
    strings::Strings,
    types::{DataType, Shape},
};

/// Values of one type, some of which may be NULL.
///
/// ```
/// # use terrace::{value::{Value, ValueRef}, vortex::{Column, DataType}};
/// let mut names = Column::new(DataType::Text, true);
/// names.push(ValueRef::Text("Bonn"))?;
/// names.push(ValueRef::Null)?;
/// assert_eq!(names.get(0), Value::Text("Bonn".into()));
/// assert_eq!(names.nulls(), 1);
/// # Ok::<(), terrace::vortex::VrtxError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    data_type: DataType,
    nullable: bool,
    /// Which values are there; none when all are.
    validity: Option<Bitmap>,
    /// Those of a column of `Text` are UTF-8, whatever made the column.
    values: Values,
}

/// The values of a column. Where one is NULL, the value is that of `Default`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Values {
    /// Of `Bool`.
    Bool(Bitmap),
    /// Of integers, dates (days), timestamps (µs), and decimals of up to 18 digits (unscaled).
    Int(Vec<i64>),
    /// Of `F32`.
    F32(Vec<f32>),
    /// Of `F64`.
    F64(Vec<f64>),
    /// Of `Text`, `Bytes` and `Fixed`.
    Bytes(Strings),
    /// Of decimals above 18 digits (unscaled), and of `Uuid` and `Fixed(16)`: the bytes, the highest first.
    Wide(Vec<i128>),
}

/// Floats are compared by their bits.
impl PartialEq for Values {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::F32(a), Self::F32(b)) => a.iter().map(|a| a.to_bits()).eq(b.iter().map(|b| b.to_bits())),
            (Self::F64(a), Self::F64(b)) => a.iter().map(|a| a.to_bits()).eq(b.iter().map(|b| b.to_bits())),
            (Self::Bytes(a), Self::Bytes(b)) => a == b,
            (Self::Wide(a), Self::Wide(b)) => a == b,
            _ => false,
        }
    }
}

impl Values {
    pub(crate) fn empty(shape: Shape) -> Self {
        match shape {
            Shape::Bool => Self::Bool(Bitmap::default()),
            Shape::Int => Self::Int(Vec::new()),
            Shape::F32 => Self::F32(Vec::new()),
            Shape::F64 => Self::F64(Vec::new()),
            Shape::Bytes => Self::Bytes(Strings::new()),
            Shape::Wide => Self::Wide(Vec::new()),
        }
    }

    fn shape(&self) -> Shape {
        match self {
            Self::Bool(_) => Shape::Bool,
            Self::Int(_) => Shape::Int,
            Self::F32(_) => Shape::F32,
            Self::F64(_) => Shape::F64,
            Self::Bytes(_) => Shape::Bytes,
            Self::Wide(_) => Shape::Wide,
        }
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Bool(values) => values.len(),
            Self::Int(values) => values.len(),
            Self::F32(values) => values.len(),
            Self::F64(values) => values.len(),
            Self::Bytes(values) => values.len(),
            Self::Wide(values) => values.len(),
        }
    }

    /// Whether each value is one of the type, or the `Default` that stands for NULL.
    fn are_of(&self, data_type: DataType, validity: Option<&Bitmap>) -> bool {
        let is_null = |at| validity.is_some_and(|validity| !validity.get(at));
        match self {
            Self::Int(values) => values.iter().all(|&value| data_type.holds(value)),
            Self::Wide(values) => values.iter().all(|&value| data_type.holds_wide(value)),
            Self::Bytes(values) if data_type == DataType::Text => values.are_utf8(),
            Self::Bytes(values) => {
                values.iter().enumerate().all(|(at, value)| data_type.holds_bytes(value) || is_null(at))
            }
            Self::Bool(_) | Self::F32(_) | Self::F64(_) => true,
        }
    }

    /// Sets the places that `validity` does not have to `Default`.
    fn clear(&mut self, validity: &Bitmap) -> Outcome<()> {
        fn clear<T: Default>(values: &mut [T], validity: &Bitmap) {
            let nulls = values.iter_mut().zip(validity.iter()).filter(|(_, there)| !there);
            nulls.for_each(|(value, _)| *value = T::default());
        }
        match self {
            Self::Bool(values) => *values = std::mem::take(values).and(validity),
            Self::Int(values) => clear(values, validity),
            Self::F32(values) => clear(values, validity),
            Self::F64(values) => clear(values, validity),
            Self::Wide(values) => clear(values, validity),
            Self::Bytes(values) => {
                let mut cleared = Strings::new();
                for (value, there) in values.iter().zip(validity.iter()) {
                    cleared.push(if there { value } else { &[] })?;
                }
                *values = cleared;
            }
        }
        Ok(())
    }

    /// Puts `Default` in the places that `validity` does not have.
    pub(crate) fn expand(&mut self, validity: &Bitmap) {
        match self {
            Self::Bool(values) => *values = values.spread(validity),
            Self::Int(values) => expand(values, validity),
            Self::F32(values) => expand(values, validity),
            Self::F64(values) => expand(values, validity),
            Self::Wide(values) => expand(values, validity),
            Self::Bytes(values) => values.expand(validity),
        }
    }

    fn push_default(&mut self) -> Outcome<()> {
        match self {
            Self::Bool(values) => values.push(false),
            Self::Int(values) => values.push(0),
            Self::F32(values) => values.push(0.0),
            Self::F64(values) => values.push(0.0),
            Self::Bytes(values) => values.push(&[])?,
            Self::Wide(values) => values.push(0),
        }
        Ok(())
    }
}

impl Column {
    /// An empty column.
    #[must_use]
    pub fn new(data_type: DataType, nullable: bool) -> Self {
        Self { data_type, nullable, validity: None, values: Values::empty(data_type.shape()) }
    }

    /// A column of these values. Where `validity` is not set, the value is NULL.
    ///
    /// # Errors
    /// The values are of another type, or the lengths differ.
    pub fn from_values(
        data_type: DataType,
        nullable: bool,
        mut values: Values,
        validity: Option<Bitmap>,
    ) -> Result<Self, VrtxError> {
        if values.shape() != data_type.shape() {
            return Err(VrtxError::Mismatch("the values are of another type than the column"));
        }
        if validity.as_ref().is_some_and(|validity| validity.len() != values.len() || !nullable) {
            return Err(VrtxError::Mismatch("the column has no such NULLs"));
        }
        let validity = validity.filter(|validity| validity.count() < validity.len());
        if let Some(validity) = &validity {
            values.clear(validity)?;
        }
        if !values.are_of(data_type, validity.as_ref()) {
            return Err(VrtxError::Mismatch("a value is beyond the range of the type"));
        }
        Ok(Self { data_type, nullable, validity, values })
    }

    /// As [`Column::from_values`], of parts that were checked already: texts are UTF-8.
    pub(crate) fn decoded(
        data_type: DataType,
        nullable: bool,
        values: Values,
        validity: Option<Bitmap>,
    ) -> Self {
        Self { data_type, nullable, validity, values }
    }

    /// What the column holds.
    #[must_use]
    pub fn data_type(&self) -> DataType {
        self.data_type
    }

    /// Whether it may hold NULL.
    #[must_use]
    pub fn is_nullable(&self) -> bool {
        self.nullable
    }

    /// How many values there are, NULLs included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many are NULL.
    #[must_use]
    pub fn nulls(&self) -> usize {
        self.validity.as_ref().map_or(0, |validity| validity.len() - validity.count())
    }

    /// Whether the value at `at`, which has to exist, is NULL.
    #[must_use]
    pub fn is_null(&self, at: usize) -> bool {
        self.validity.as_ref().is_some_and(|validity| !validity.get(at))
    }

    /// Which values are there; none when all are.
    #[must_use]
    pub fn validity(&self) -> Option<&Bitmap> {
        self.validity.as_ref()
    }

    /// The values.
    #[must_use]
    pub fn values(&self) -> &Values {
        &self.values
    }

    /// The values and which of them are there, given away.
    #[must_use]
    pub fn into_parts(self) -> (Values, Option<Bitmap>) {
        (self.values, self.validity)
    }

    /// Adds a value as SQLite has it.
    ///
    /// # Errors
    /// A value that is not of the column's type, and texts or blobs that are too large together.
    pub fn push(&mut self, value: ValueRef<'_>) -> Result<(), VrtxError> {
        let there = !matches!(value, ValueRef::Null);
        if there {
            self.push_value(value)?;
        } else if self.nullable {
            self.values.push_default()?;
        } else {
            return Err(VrtxError::Mismatch("NULL, where every value has to be there"));
        }
        if !there && self.validity.is_none() {
            self.validity = Some(Bitmap::filled(self.len() - 1, true));
        }
        if let Some(validity) = &mut self.validity {
            validity.push(there);
        }
        Ok(())
    }

    fn push_value(&mut self, value: ValueRef<'_>) -> Outcome<()> {
        let data_type = self.data_type;
        match (&mut self.values, value) {
            (Values::Bool(values), ValueRef::Integer(value @ (0 | 1))) => values.push(value == 1),
            (Values::Int(values), ValueRef::Integer(value)) if data_type.holds(value) => values.push(value),
            (Values::F64(values), ValueRef::Real(value)) => values.push(value),
            (Values::F32(values), ValueRef::Real(value)) => values.push(narrowed(value)?),
            (Values::Bytes(values), ValueRef::Text(text)) if data_type == DataType::Text => {
                values.push(text.as_bytes())?;
            }
            (Values::Bytes(values), ValueRef::Blob(bytes)) if data_type.holds_bytes(bytes) => {
                values.push(bytes)?;
            }
            (Values::Wide(values), ValueRef::Blob(bytes)) if data_type.fixed_length().is_some() => {
                let bytes = bytes.try_into().map_err(|_| VrtxError::Mismatch("it has another length"))?;
                values.push(i128::from_be_bytes(bytes));
            }
            (Values::Wide(values), ValueRef::Text(text)) if data_type.fixed_length().is_none() => {
                let unscaled = unscaled_of_sortable(text)
                    .filter(|&value| sortable_text(value, data_type.precision()) == text);
                values.push(unscaled.ok_or(VrtxError::Mismatch("it is no decimal of the type"))?);
            }
            _ => return Err(VrtxError::Mismatch("it is of another type")),
        }
        Ok(())
    }

    /// The value at `at`, which has to exist, as SQLite has it.
    #[must_use]
    pub fn get(&self, at: usize) -> Value {
        if self.is_null(at) {
            return Value::Null;
        }
        match (&self.values, self.data_type) {
            (Values::Bool(values), _) => Value::Integer(i64::from(values.get(at))),
            (Values::Int(values), _) => Value::Integer(values[at]),
            (Values::F32(values), _) => Value::Real(f64::from(values[at])),
            (Values::F64(values), _) => Value::Real(values[at]),
            (Values::Bytes(values), DataType::Text) => {
                Value::Text(String::from_utf8_lossy(values.get(at)).into_owned())
            }
            (Values::Bytes(values), _) => Value::Blob(values.get(at).to_vec()),
            (Values::Wide(values), DataType::Decimal { precision, .. }) => {
                Value::Text(sortable_text(values[at], precision))
            }
            (Values::Wide(values), _) => Value::Blob(values[at].to_be_bytes().to_vec()),
        }
    }

    /// The rows at `places`, each of which has to exist.
    #[must_use]
    pub fn take(&self, places: &[usize]) -> Self {
        let values = match &self.values {
            Values::Bool(values) => Values::Bool(places.iter().map(|&at| values.get(at)).collect()),
            Values::Int(values) => Values::Int(places.iter().map(|&at| values[at]).collect()),
            Values::F32(values) => Values::F32(places.iter().map(|&at| values[at]).collect()),
            Values::F64(values) => Values::F64(places.iter().map(|&at| values[at]).collect()),
            Values::Bytes(values) => Values::Bytes(values.take(places)),
            Values::Wide(values) => Values::Wide(places.iter().map(|&at| values[at]).collect()),
        };
        let validity = self.validity.as_ref().map(|bits| places.iter().map(|&at| bits.get(at)).collect());
        let validity = validity.filter(|bits: &Bitmap| bits.count() < bits.len());
        Self { validity, values, ..*self }
    }
}

/// Moves values to the places that `validity` has, from the last to the first, until all before are in place.
pub(crate) fn expand<T: Copy + Default>(values: &mut Vec<T>, validity: &Bitmap) {
    let mut from = values.len();
    values.resize(validity.len(), T::default());
    for (at, &word) in validity.words().iter().enumerate().rev() {
        let start = at * 64;
        if from == values.len().min(start + 64) {
            return;
        }
        if word == u64::MAX {
            from -= 64;
            values.copy_within(from..from + 64, start);
            continue;
        }
        if word.count_zeros() <= FEW && start + 64 <= values.len() {
            expand_runs(values, word, start, &mut from);
            continue;
        }
        for bit in (0..values.len().min(start + 64) - start).rev() {
            let there = word >> bit & 1 == 1;
            from -= usize::from(there);
            values[start + bit] = if there { values[from] } else { T::default() };
        }
    }
}

/// So few of 64 values are NULL that those between them are moved as a whole.
const FEW: u32 = 6;

/// As [`expand`], of the 64 places from `start` on, by the runs of values that are there.
fn expand_runs<T: Copy + Default>(values: &mut [T], mut word: u64, start: usize, from: &mut usize) {
    let mut end = start + 64;
    while end > start {
        let ones = (word.leading_ones() as usize).min(end - start);
        *from -= ones;
        values.copy_within(*from..*from + ones, end - ones);
        end -= ones;
        if end > start {
            end -= 1;
            values[end] = T::default();
            word = word << ones << 1;
        }
    }
}

/// The `f32` that a `Real` holds.
fn narrowed(value: f64) -> Outcome<f32> {
    let narrow = value as f32;
    if f64::from(narrow).to_bits() == value.to_bits() || value.is_nan() {
        Ok(narrow)
    } else {
        Err(VrtxError::Mismatch("it is finer than an f32"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_move_to_the_places_that_are_there() {
        let mut bits = 0x9E37_79B9_7F4A_7C15_u64;
        for case in 0..3_000 {
            let mut random = |end: u64| {
                bits ^= bits << 13;
                bits ^= bits >> 7;
                bits ^= bits << 17;
                bits % end
            };
            let (len, one_in) = (random(400), 1 + random(80));
            let validity: Bitmap = (0..len).map(|_| random(one_in) > 0).collect();
            let mut values: Vec<u64> = (1..).take(validity.count()).collect();
            let mut next = 1..;
            let expected: Vec<u64> =
                validity.iter().map(|there| if there { next.next().unwrap() } else { 0 }).collect();
            expand(&mut values, &validity);
            assert_eq!(values, expected, "case {case}: {len} values, NULL is one in {one_in}");
        }
    }
}
