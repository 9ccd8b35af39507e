//! `Decimal<P, S>`: a number of `P` decimal digits, `S` of them after the point, exact.
//!
//! Up to 18 digits it is stored as its unscaled integer. Above that, as text of fixed width that sorts as the numbers
//! do: `1` and the digits for zero and above; `0` and the digits' complement to nine for a negative number.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use crate::{
    schema::{
        Column, Kind,
        column::{integer, out_of_range, text},
    },
    value::{RowBuf, ValueError, ValueRef},
};

/// An exact number of at most `P` digits (1 to 38), `S` of them after the point.
///
/// ```
/// # use terrace::prelude::*;
/// let price: Decimal<10, 2> = "19.90".parse()?;
/// assert_eq!(price.unscaled(), 1990);
/// assert_eq!(price.to_string(), "19.90");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decimal<const P: u8, const S: u8>(i128);

impl<const P: u8, const S: u8> Decimal<P, S> {
    const CHECKED: () =
        assert!(P >= 1 && P <= 38 && S <= P, "a Decimal<P, S> has 1 to 38 digits P, and S of at most P");

    /// The number `unscaled` / 10^S.
    ///
    /// # Errors
    /// More than `P` digits.
    pub fn from_unscaled(unscaled: i128) -> Result<Self, ValueError> {
        let () = Self::CHECKED;
        if unscaled.unsigned_abs() < 10u128.pow(u32::from(P)) {
            Ok(Self(unscaled))
        } else {
            Err(out_of_range(unscaled, "Decimal<P, S>, unscaled"))
        }
    }

    /// The number times 10^S.
    #[must_use]
    pub const fn unscaled(self) -> i128 {
        self.0
    }

    fn from_sortable(text: &str) -> Result<Self, ValueError> {
        let bad = || out_of_range(text, "Decimal<P, S>");
        let digits = |digits: &str| digits.parse::<i128>().map_err(|_| bad());
        if text.len() != usize::from(P) + 1 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(bad());
        }
        match text.split_at(1) {
            ("1", rest) => Self::from_unscaled(digits(rest)?),
            ("0", rest) => Self::from_unscaled(-digits(&complement(rest))?),
            _ => Err(bad()),
        }
    }
}

/// The text of `precision` digits that sorts as the numbers do.
pub(crate) fn sortable_text(unscaled: i128, precision: u8) -> String {
    let digits = format!("{:0width$}", unscaled.unsigned_abs(), width = usize::from(precision));
    if unscaled >= 0 { format!("1{digits}") } else { format!("0{}", complement(&digits)) }
}

fn complement(digits: &str) -> String {
    digits.bytes().map(|digit| char::from(b'0' + b'9' - digit)).collect()
}

/// The decimal text of `unscaled` / 10^`scale`.
pub(crate) fn decimal_text(unscaled: i128, scale: u8) -> String {
    let sign = if unscaled < 0 { "-" } else { "" };
    let scale = usize::from(scale);
    let digits = format!("{:0width$}", unscaled.unsigned_abs(), width = scale + 1);
    let (whole, part) = digits.split_at(digits.len() - scale);
    if scale == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") }
}

/// The unscaled number in a stored text of a decimal of more than 18 digits.
pub(crate) fn unscaled_of_sortable(text: &str) -> Option<i128> {
    let (sign, digits) = text.split_at_checked(1)?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    match sign {
        "1" => digits.parse().ok(),
        "0" => complement(digits).parse::<i128>().ok().map(|number| -number),
        _ => None,
    }
}

impl<const P: u8, const S: u8> fmt::Display for Decimal<P, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&decimal_text(self.0, S))
    }
}

impl<const P: u8, const S: u8> FromStr for Decimal<P, S> {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let bad = || out_of_range(text, "Decimal<P, S>");
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        let digits = part.bytes().all(|byte| byte.is_ascii_digit());
        if part.len() > usize::from(S) || !digits {
            return Err(bad());
        }
        let joined = format!("{whole}{part:0<width$}", width = usize::from(S));
        Self::from_unscaled(joined.parse().map_err(|_| bad())?)
    }
}

impl<const P: u8, const S: u8> Serialize for Decimal<P, S> {
    fn serialize<Se: Serializer>(&self, to: Se) -> Result<Se::Ok, Se::Error> {
        to.collect_str(self)
    }
}

impl<'de, const P: u8, const S: u8> Deserialize<'de> for Decimal<P, S> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

#[diagnostic::do_not_recommend]
impl<const P: u8, const S: u8> Column for Decimal<P, S> {
    type Base = Self;
    const KIND: Kind = Kind::Decimal { precision: P, scale: S };
    const NULLABLE: bool = false;

    fn store(&self, row: &mut RowBuf) -> Result<(), ValueError> {
        match i64::try_from(self.0) {
            Ok(unscaled) if P <= 18 => row.push(ValueRef::Integer(unscaled)),
            _ => row.push(ValueRef::Text(&sortable_text(self.0, P))),
        }
    }

    fn load(value: ValueRef<'_>) -> Result<Self, ValueError> {
        if P <= 18 {
            Self::from_unscaled(integer(value, "the unscaled integer of a Decimal")?.into())
        } else {
            Self::from_sortable(text(value, "the digits of a Decimal")?)
        }
    }
}

#[cfg(feature = "rust_decimal")]
impl<const P: u8, const S: u8> TryFrom<rust_decimal::Decimal> for Decimal<P, S> {
    type Error = ValueError;

    fn try_from(decimal: rust_decimal::Decimal) -> Result<Self, ValueError> {
        decimal.normalize().to_string().parse()
    }
}

#[cfg(feature = "rust_decimal")]
impl<const P: u8, const S: u8> TryFrom<Decimal<P, S>> for rust_decimal::Decimal {
    type Error = ValueError;

    fn try_from(decimal: Decimal<P, S>) -> Result<Self, ValueError> {
        decimal.to_string().parse().map_err(|_| out_of_range(decimal, "rust_decimal::Decimal"))
    }
}
