//! Finding rows in segments: by their statistics where that is enough, else on the encoded values where they can be
//! tested so.

mod prune;

use std::borrow::Borrow;

use crate::{filter::Predicate, schema::types::sortable_text, value::ValueRef};

use super::{
    bitmap::Bitmap,
    column::{Column, Values},
    error::{Outcome, VrtxError},
    ints::{Ints, Match},
    segment::{Body, Segment},
    types::DataType,
};

pub use prune::may_match;

/// For which rows a condition is true, and for which it is false; for the others it is unknown.
struct Verdict {
    holds: Bitmap,
    fails: Bitmap,
}

impl Verdict {
    fn same(rows: usize, verdict: Option<bool>) -> Self {
        let is = |bit| Bitmap::filled(rows, verdict == Some(bit));
        Self { holds: is(true), fails: is(false) }
    }
}

/// The rows of a row group for which `predicate` is true.
///
/// `segment` gives the segment of a column, all of them with `rows` rows; none where the group lacks the column, whose
/// values are NULL then. It is asked once for each condition on a column, and not for those that decide nothing.
///
/// ```
/// # use terrace::{filter::{Comparison, Predicate}, value::{Value, ValueRef}};
/// # use terrace::vortex::{Column, DataType, Profile, Segment, VrtxError, encode, select};
/// let mut years = Column::new(DataType::I32, false);
/// for year in [2013, 2014, 2014] {
///     years.push(ValueRef::Integer(year))?;
/// }
/// let bytes = encode(&years, Profile::Fast)?;
/// let late = Predicate::Compare {
///     column: "year".into(),
///     comparison: Comparison::Gt,
///     value: Value::Integer(2013),
/// };
/// let found = select(&late, 3, &mut |_| Segment::open(&bytes).map(Some))?;
/// assert_eq!(found.ones().collect::<Vec<_>>(), [1, 2]);
/// # Ok::<(), VrtxError>(())
/// ```
///
/// # Errors
/// Damaged values, and what `segment` gives.
pub fn select<'a, E: From<VrtxError>, S: Borrow<Segment<'a>>>(
    predicate: &Predicate,
    rows: usize,
    segment: &mut dyn FnMut(&str) -> Result<Option<S>, E>,
) -> Result<Bitmap, E> {
    Ok(verdict(predicate, rows, segment)?.holds)
}

fn verdict<'a, E: From<VrtxError>, S: Borrow<Segment<'a>>>(
    predicate: &Predicate,
    rows: usize,
    segment: &mut dyn FnMut(&str) -> Result<Option<S>, E>,
) -> Result<Verdict, E> {
    match predicate {
        Predicate::And(terms) => {
            let mut all = Verdict::same(rows, Some(true));
            for term in terms {
                if all.fails.count() == rows {
                    break;
                }
                let Verdict { holds, fails } = verdict(term, rows, segment)?;
                all = Verdict { holds: all.holds.and(&holds), fails: all.fails.or(&fails) };
            }
            Ok(all)
        }
        Predicate::Or(terms) => {
            let mut any = Verdict::same(rows, Some(false));
            for term in terms {
                if any.holds.count() == rows {
                    break;
                }
                let Verdict { holds, fails } = verdict(term, rows, segment)?;
                any = Verdict { holds: any.holds.or(&holds), fails: any.fails.and(&fails) };
            }
            Ok(any)
        }
        Predicate::Not(term) => {
            let Verdict { holds, fails } = verdict(term, rows, segment)?;
            Ok(Verdict { holds: fails, fails: holds })
        }
        Predicate::Compare { column, .. }
        | Predicate::In { column, .. }
        | Predicate::IsNull { column }
        | Predicate::Text { column, .. } => match segment(column)? {
            None => Ok(Verdict::same(rows, predicate.test_value(ValueRef::Null))),
            Some(segment) if segment.borrow().rows() != rows => {
                Err(VrtxError::Mismatch("a segment of a row group has another number of rows").into())
            }
            Some(segment) => Ok(segment.borrow().verdict(predicate)?),
        },
    }
}

impl Segment<'_> {
    /// For which rows a condition on this column is true or false.
    fn verdict(&self, condition: &Predicate) -> Outcome<Verdict> {
        let rows = self.rows();
        let there = match (&self.body, &self.validity) {
            (Body::AllNull, _) => Bitmap::filled(rows, false),
            (_, Some(validity)) => validity.clone(),
            (_, None) => Bitmap::filled(rows, true),
        };
        if matches!(condition, Predicate::IsNull { .. }) {
            return Ok(Verdict { holds: there.clone().not(), fails: there });
        }
        if there.count() == 0 {
            return Ok(Verdict::same(rows, condition.test_value(ValueRef::Null)));
        }
        // an `In` without values is false for NULL too
        let null = condition.test_value(ValueRef::Null);
        let (holds, known) = self.test(condition)?;
        let spread = |dense: Bitmap| match &self.validity {
            None => dense,
            Some(validity) => dense.spread(validity),
        };
        let holds = spread(holds);
        let known = known.map_or_else(|| there.clone(), spread);
        let fails = known.and(&holds.clone().not());
        let fails = if null == Some(false) { fails.or(&there.not()) } else { fails };
        Ok(Verdict { holds, fails })
    }

    /// For which of the values that are there a condition is true, and for which it is known, where not for all.
    fn test(&self, condition: &Predicate) -> Outcome<(Bitmap, Option<Bitmap>)> {
        match &self.body {
            Body::Ints(ints) => {
                if let Some(wanted) = Match::of(condition) {
                    return Ok((ints.select(&wanted)?, None));
                }
            }
            Body::Texts(texts) => {
                if let Some((values, codes)) = texts.dictionary() {
                    let column = self.dense(Values::Bytes(values.all()?));
                    return by_dictionary(&column, codes, condition);
                }
            }
            Body::Wides(wides) => {
                if let Some((values, codes)) = wides.dictionary() {
                    let column = self.dense(Values::Wide(values.all()?));
                    return by_dictionary(&column, codes, condition);
                }
            }
            Body::AllNull | Body::Bools(_) | Body::Floats(_) => {}
        }
        Ok(each_value(&self.dense(self.read_all()?), condition))
    }

    /// Values that are there as a column of this type.
    fn dense(&self, values: Values) -> Column {
        Column::decoded(self.data_type(), false, values, None)
    }
}

/// Tests each distinct value once, and then the codes.
fn by_dictionary(
    values: &Column,
    codes: &Ints<'_>,
    condition: &Predicate,
) -> Outcome<(Bitmap, Option<Bitmap>)> {
    let (holds, known) = each_value(values, condition);
    let known = known.map(|known| codes.select(&Match::places(&known))).transpose()?;
    Ok((codes.select(&Match::places(&holds))?, known))
}

/// Tests every value of a column without NULLs.
fn each_value(column: &Column, condition: &Predicate) -> (Bitmap, Option<Bitmap>) {
    let test = |value: ValueRef<'_>| condition.test_value(value);
    let verdicts: Vec<Option<bool>> = match (column.values(), column.data_type()) {
        (Values::Bool(values), _) => {
            values.iter().map(|value| test(ValueRef::Integer(i64::from(value)))).collect()
        }
        (Values::Int(values), _) => values.iter().map(|&value| test(ValueRef::Integer(value))).collect(),
        (Values::F32(values), _) => values.iter().map(|&value| test(ValueRef::Real(value.into()))).collect(),
        (Values::F64(values), _) => values.iter().map(|&value| test(ValueRef::Real(value))).collect(),
        (Values::Bytes(values), DataType::Text) => values
            .iter()
            .map(|value| std::str::from_utf8(value).ok().and_then(|text| test(ValueRef::Text(text))))
            .collect(),
        (Values::Bytes(values), _) => values.iter().map(|value| test(ValueRef::Blob(value))).collect(),
        (Values::Wide(values), DataType::Decimal { precision, .. }) => {
            values.iter().map(|&value| test(ValueRef::Text(&sortable_text(value, precision)))).collect()
        }
        (Values::Wide(values), _) => {
            values.iter().map(|value| test(ValueRef::Blob(&value.to_be_bytes()))).collect()
        }
    };
    let holds = verdicts.iter().map(|&verdict| verdict == Some(true)).collect();
    let known = verdicts.iter().any(Option::is_none);
    (holds, known.then(|| verdicts.iter().map(Option::is_some).collect()))
}
