//! The order of values, bounds of columns, and what bounds say about comparisons.

use std::cmp::Ordering;

use super::Datum;
use crate::filter::Comparison;

impl Datum {
    /// The order of two values of one type, widened where need be; none for values of different types.
    ///
    /// It is total: −NaN < −∞ < … < −0.0 < 0.0 < … < ∞ < NaN. Texts go by code points, bytes and UUIDs by unsigned
    /// bytes.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        Some(match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            (Self::Int(a), Self::Int(b)) | (Self::Date(a), Self::Date(b)) => a.cmp(b),
            (Self::Int(a), Self::Long(b)) => i64::from(*a).cmp(b),
            (Self::Long(a), Self::Int(b)) => a.cmp(&i64::from(*b)),
            (Self::Long(a), Self::Long(b))
            | (Self::Time(a), Self::Time(b))
            | (Self::Timestamp(a), Self::Timestamp(b)) => a.cmp(b),
            (Self::Float(a), Self::Float(b)) => a.total_cmp(b),
            (Self::Float(a), Self::Double(b)) => f64::from(*a).total_cmp(b),
            (Self::Double(a), Self::Float(b)) => a.total_cmp(&f64::from(*b)),
            (Self::Double(a), Self::Double(b)) => a.total_cmp(b),
            (Self::Decimal(a), Self::Decimal(b)) => a.cmp(b),
            (Self::String(a), Self::String(b)) => a.cmp(b),
            (Self::Uuid(a), Self::Uuid(b)) => a.cmp(b),
            (Self::Binary(a), Self::Binary(b)) => a.cmp(b),
            _ => return None,
        })
    }

    /// Whether it is NaN, which no bound is.
    #[must_use]
    pub fn is_nan(&self) -> bool {
        match self {
            Self::Float(value) => value.is_nan(),
            Self::Double(value) => value.is_nan(),
            _ => false,
        }
    }

    /// A lower bound of texts or bytes of at most `length` code points or bytes; any other value as it is.
    #[must_use]
    pub fn truncate_lower(&self, length: usize) -> Self {
        match self {
            Self::String(text) => Self::String(head(text, length).to_owned()),
            Self::Binary(bytes) => Self::Binary(bytes[..length.min(bytes.len())].to_vec()),
            other => other.clone(),
        }
    }

    /// An upper bound of at most `length` code points or bytes; none where there is no such bound.
    ///
    /// ```
    /// # use terrace::cold::iceberg::Datum;
    /// assert_eq!(Datum::String("abcd".into()).truncate_upper(2), Some(Datum::String("ac".into())));
    /// assert_eq!(Datum::Binary(vec![255, 255, 1]).truncate_upper(2), None);
    /// ```
    #[must_use]
    pub fn truncate_upper(&self, length: usize) -> Option<Self> {
        match self {
            Self::String(text) => match head(text, length) {
                whole if whole.len() == text.len() => Some(self.clone()),
                cut => text_above(cut).map(Self::String),
            },
            Self::Binary(bytes) if bytes.len() > length => bytes_above(&bytes[..length]).map(Self::Binary),
            other => Some(other.clone()),
        }
    }

    /// The value as comparisons of SQL see it: there −0.0 is 0.0.
    fn unsigned_zero(&self) -> Self {
        match self {
            Self::Float(value) => Self::Float(*value + 0.0),
            Self::Double(value) => Self::Double(*value + 0.0),
            other => other.clone(),
        }
    }
}

/// The first `length` code points.
fn head(text: &str, length: usize) -> &str {
    text.char_indices().nth(length).map_or(text, |(at, _)| &text[..at])
}

/// The least text of at most as many code points that is above every text which begins with `cut`.
fn text_above(cut: &str) -> Option<String> {
    let mut chars: Vec<char> = cut.chars().collect();
    while let Some(last) = chars.pop() {
        if let Some(next) = next_char(last) {
            chars.push(next);
            return Some(chars.into_iter().collect());
        }
    }
    None
}

/// The code point after this one; surrogates are none.
fn next_char(last: char) -> Option<char> {
    (last..=char::MAX).nth(1)
}

fn bytes_above(cut: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = cut.to_vec();
    while let Some(last) = bytes.pop() {
        if let Some(next) = last.checked_add(1) {
            bytes.push(next);
            return Some(bytes);
        }
    }
    None
}

/// Whether a value between these bounds may stand so to `literal`. A bound that is not known excludes nothing.
///
/// −0.0 counts as 0.0, as in SQL, although bounds tell them apart.
#[must_use]
pub fn may_hold(
    lower: Option<&Datum>,
    upper: Option<&Datum>,
    comparison: Comparison,
    literal: &Datum,
) -> bool {
    let order = |bound: Option<&Datum>| {
        bound
            .filter(|bound| !bound.is_nan())
            .and_then(|bound| bound.unsigned_zero().compare(&literal.unsigned_zero()))
    };
    let (lower, upper) = (order(lower), order(upper));
    let above = lower == Some(Ordering::Greater);
    let below = upper == Some(Ordering::Less);
    match comparison {
        Comparison::Eq => !above && !below,
        Comparison::Ne => !(lower == Some(Ordering::Equal) && upper == Some(Ordering::Equal)),
        Comparison::Lt => !lower.is_some_and(Ordering::is_ge),
        Comparison::Le => !above,
        Comparison::Gt => !upper.is_some_and(Ordering::is_le),
        Comparison::Ge => !below,
    }
}
