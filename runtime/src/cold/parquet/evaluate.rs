//! The exact outcome of a filter over arrays: two bitmaps, where it is true and where it is false.
//!
//! The rest is unknown. A condition goes over its column in one loop of the column's own type.

use std::collections::HashMap;

use arrow_array::{
    Array, ArrayRef, PrimitiveArray,
    cast::AsArray,
    types::{
        ArrowPrimitiveType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int32Type, Int64Type,
        Time64MicrosecondType, TimestampMicrosecondType,
    },
};
use arrow_buffer::{BooleanBuffer, NullBuffer};
use arrow_schema::{DataType, TimeUnit};

use crate::filter::Comparison;

use super::{
    predicate::{Leaf, Node, Test},
    rows::Cells,
    scalar::Scalar,
};

/// Where a condition is true, and where it is false.
pub(super) struct Verdicts {
    pub(super) yes: BooleanBuffer,
    no: BooleanBuffer,
}

impl Verdicts {
    fn all(verdict: Option<bool>, rows: usize) -> Self {
        let all = |set| if set { BooleanBuffer::new_set(rows) } else { BooleanBuffer::new_unset(rows) };
        Self { yes: all(verdict == Some(true)), no: all(verdict == Some(false)) }
    }

    /// Where there is a value, true or false.
    fn of_values(yes: BooleanBuffer, nulls: Option<&NullBuffer>) -> Self {
        match nulls {
            Some(nulls) => {
                let yes = &yes & nulls.inner();
                Self { no: nulls.inner() & &!&yes, yes }
            }
            None => Self { no: !&yes, yes },
        }
    }
}

impl Node {
    /// The outcome for each of `rows` rows, of which `columns` has the columns that are asked about, by their ids.
    pub(super) fn evaluate(&self, rows: usize, columns: &HashMap<i32, ArrayRef>) -> Verdicts {
        match self {
            Self::And(terms) => {
                let terms = terms.iter().map(|term| term.evaluate(rows, columns));
                terms.reduce(both).unwrap_or_else(|| Verdicts::all(Some(true), rows))
            }
            Self::Or(terms) => {
                let terms = terms.iter().map(|term| opposite(term.evaluate(rows, columns)));
                terms.reduce(both).map_or_else(|| Verdicts::all(Some(false), rows), opposite)
            }
            Self::Not(term) => opposite(term.evaluate(rows, columns)),
            Self::Known(verdict) => Verdicts::all(*verdict, rows),
            Self::Leaf(leaf) => match columns.get(&leaf.field) {
                Some(array) => leaf.evaluate(array),
                None => Verdicts::all(None, rows),
            },
        }
    }
}

fn both(a: Verdicts, b: Verdicts) -> Verdicts {
    Verdicts { yes: &a.yes & &b.yes, no: &a.no | &b.no }
}

fn opposite(verdicts: Verdicts) -> Verdicts {
    Verdicts { yes: verdicts.no, no: verdicts.yes }
}

impl Leaf {
    /// What it says of an array of one value.
    pub(super) fn of_one(&self, array: &ArrayRef) -> Option<bool> {
        let verdicts = self.evaluate(array);
        let is_set = |bits: &BooleanBuffer| !bits.is_empty() && bits.value(0);
        if is_set(&verdicts.yes) { Some(true) } else { is_set(&verdicts.no).then_some(false) }
    }

    fn evaluate(&self, array: &ArrayRef) -> Verdicts {
        match &self.test {
            Test::IsNull => {
                let there = array
                    .nulls()
                    .map_or_else(|| BooleanBuffer::new_set(array.len()), |nulls| nulls.inner().clone());
                Verdicts { yes: !&there, no: there }
            }
            Test::Compare(comparison, value) => self.compare(array, *comparison, value),
            Test::In(values) => self.contained(array, values),
            Test::Text(place, part) => match array.as_string_opt::<i32>() {
                Some(texts) => {
                    let yes =
                        BooleanBuffer::collect_bool(array.len(), |at| place.holds(texts.value(at), part));
                    Verdicts::of_values(yes, array.nulls())
                }
                None => self.each(array),
            },
            Test::Each => self.each(array),
        }
    }

    /// Row by row, as in memory.
    fn each(&self, array: &ArrayRef) -> Verdicts {
        let cells = Cells::new(array, &self.kind);
        let mut buffer = String::new();
        let verdicts: Vec<Option<bool>> =
            (0..array.len()).map(|at| self.test_value(cells.get(at, &mut buffer))).collect();
        let of = |verdict| BooleanBuffer::collect_bool(array.len(), |at| verdicts[at] == Some(verdict));
        Verdicts { yes: of(true), no: of(false) }
    }

    fn compare(&self, array: &ArrayRef, comparison: Comparison, value: &Scalar) -> Verdicts {
        match value {
            Scalar::Int(value) => ints(array, IntTest { comparison, value: *value }),
            Scalar::Real(value) => {
                reals(array, |real| real.partial_cmp(value).map(|order| comparison.holds(order)))
            }
            Scalar::Bytes(value) => bytes(array, |bytes| comparison.holds(bytes.cmp(value))),
        }
        .unwrap_or_else(|| self.each(array))
    }

    fn contained(&self, array: &ArrayRef, values: &[Scalar]) -> Verdicts {
        match values.first() {
            None => Some(Verdicts::of_values(BooleanBuffer::new_unset(array.len()), array.nulls())),
            Some(Scalar::Int(_)) => {
                let set: Vec<i128> = values.iter().filter_map(int).collect();
                ints(array, IntIn(&set))
            }
            Some(Scalar::Real(_)) => {
                reals(array, |real| {
                    Some(values.iter().any(|value| {
                        Scalar::Real(real).compare(value).is_some_and(std::cmp::Ordering::is_eq)
                    }))
                })
            }
            Some(Scalar::Bytes(_)) => {
                let set: Vec<&[u8]> = values.iter().filter_map(blob).collect();
                bytes(array, |bytes| set.binary_search(&bytes).is_ok())
            }
        }
        .unwrap_or_else(|| self.each(array))
    }
}

fn int(value: &Scalar) -> Option<i128> {
    if let Scalar::Int(value) = value { Some(*value) } else { None }
}

fn blob(value: &Scalar) -> Option<&[u8]> {
    if let Scalar::Bytes(bytes) = value { Some(bytes) } else { None }
}

/// A test of integers of any width.
trait OfInts {
    fn test<T: Copy + PartialOrd + Into<i128> + TryFrom<i128>>(&self, values: &[T]) -> BooleanBuffer;
}

struct IntTest {
    comparison: Comparison,
    value: i128,
}

impl OfInts for IntTest {
    fn test<T: Copy + PartialOrd + Into<i128> + TryFrom<i128>>(&self, values: &[T]) -> BooleanBuffer {
        let rows = values.len();
        let Ok(value) = T::try_from(self.value) else {
            // it is beyond the type, on the same side of every value of it
            let holds = |some: &T| self.comparison.holds((*some).into().cmp(&self.value));
            let all = values.first().is_some_and(holds);
            return if all { BooleanBuffer::new_set(rows) } else { BooleanBuffer::new_unset(rows) };
        };
        let each =
            |test: fn(&T, &T) -> bool| BooleanBuffer::collect_bool(rows, |at| test(&values[at], &value));
        match self.comparison {
            Comparison::Eq => BooleanBuffer::collect_bool(rows, |at| values[at] == value),
            Comparison::Ne => each(T::ne),
            Comparison::Lt => BooleanBuffer::collect_bool(rows, |at| values[at] < value),
            Comparison::Le => BooleanBuffer::collect_bool(rows, |at| values[at] <= value),
            Comparison::Gt => BooleanBuffer::collect_bool(rows, |at| values[at] > value),
            Comparison::Ge => BooleanBuffer::collect_bool(rows, |at| values[at] >= value),
        }
    }
}

struct IntIn<'a>(&'a [i128]);

impl OfInts for IntIn<'_> {
    fn test<T: Copy + PartialOrd + Into<i128> + TryFrom<i128>>(&self, values: &[T]) -> BooleanBuffer {
        BooleanBuffer::collect_bool(values.len(), |at| self.0.binary_search(&values[at].into()).is_ok())
    }
}

/// The outcome over an array that compares as integers do.
fn ints(array: &ArrayRef, test: impl OfInts) -> Option<Verdicts> {
    fn of<A: ArrowPrimitiveType<Native: PartialOrd + Into<i128> + TryFrom<i128>>>(
        array: &ArrayRef,
        test: &impl OfInts,
    ) -> Option<BooleanBuffer> {
        Some(test.test(array.as_primitive_opt::<A>()?.values()))
    }
    let yes = match array.data_type() {
        DataType::Boolean => {
            let numbers: Vec<i32> = array.as_boolean().values().iter().map(i32::from).collect();
            test.test(&numbers)
        }
        DataType::Int32 => of::<Int32Type>(array, &test)?,
        DataType::Int64 => of::<Int64Type>(array, &test)?,
        DataType::Date32 => of::<Date32Type>(array, &test)?,
        DataType::Time64(TimeUnit::Microsecond) => of::<Time64MicrosecondType>(array, &test)?,
        DataType::Timestamp(TimeUnit::Microsecond, _) => of::<TimestampMicrosecondType>(array, &test)?,
        DataType::Decimal128(..) => of::<Decimal128Type>(array, &test)?,
        _ => return None,
    };
    Some(Verdicts::of_values(yes, array.nulls()))
}

/// The outcome over floats; none of NaN.
fn reals(array: &ArrayRef, test: impl Fn(f64) -> Option<bool>) -> Option<Verdicts> {
    fn of<A: ArrowPrimitiveType<Native: Into<f64>>>(
        array: &PrimitiveArray<A>,
        test: impl Fn(f64) -> Option<bool>,
    ) -> Verdicts {
        let values = array.values();
        let verdict = |verdict: bool| {
            let found =
                BooleanBuffer::collect_bool(values.len(), |at| test(values[at].into()) == Some(verdict));
            array.nulls().map_or_else(|| found.clone(), |nulls| &found & nulls.inner())
        };
        Verdicts { yes: verdict(true), no: verdict(false) }
    }
    match array.data_type() {
        DataType::Float32 => Some(of(array.as_primitive::<Float32Type>(), test)),
        DataType::Float64 => Some(of(array.as_primitive::<Float64Type>(), test)),
        _ => None,
    }
}

/// The outcome over texts or blobs.
fn bytes(array: &ArrayRef, test: impl Fn(&[u8]) -> bool) -> Option<Verdicts> {
    let rows = array.len();
    let yes = match array.data_type() {
        DataType::Utf8 => {
            let texts = array.as_string::<i32>();
            BooleanBuffer::collect_bool(rows, |at| test(texts.value(at).as_bytes()))
        }
        DataType::Binary => {
            let blobs = array.as_binary::<i32>();
            BooleanBuffer::collect_bool(rows, |at| test(blobs.value(at)))
        }
        DataType::FixedSizeBinary(_) => {
            let blobs = array.as_fixed_size_binary();
            BooleanBuffer::collect_bool(rows, |at| test(blobs.value(at)))
        }
        _ => return None,
    };
    Some(Verdicts::of_values(yes, array.nulls()))
}
