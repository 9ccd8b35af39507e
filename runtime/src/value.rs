//! Values as they cross between a struct, SQLite and the log.
//!
//! Knows nobody. Keeps invariant 7: a value that cannot come back bit for bit is refused here, before it is stored.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// The most bytes that one value may have: the documented limit of a Durable Object, in force everywhere.
pub const MAX_VALUE_BYTES: usize = 2_000_000;

/// One value of SQLite, owned.
///
/// Equality is by bits: `-0.0` is not `0.0`. Serialised, a real is the hexadecimal form of its bits and a blob is
/// hexadecimal too, so that no digit and no infinity is lost on the way through JSON.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Value {
    /// SQL `NULL`.
    Null,
    /// A signed 64-bit integer.
    Integer(i64),
    /// A 64-bit float, never NaN once it is stored.
    Real(#[serde(with = "real_bits")] f64),
    /// UTF-8 text, NULs included.
    Text(String),
    /// Bytes.
    Blob(#[serde(with = "hex_bytes")] Vec<u8>),
}

/// One value of SQLite, borrowed.
#[derive(Clone, Copy, Debug)]
pub enum ValueRef<'a> {
    /// SQL `NULL`.
    Null,
    /// A signed 64-bit integer.
    Integer(i64),
    /// A 64-bit float.
    Real(f64),
    /// UTF-8 text.
    Text(&'a str),
    /// Bytes.
    Blob(&'a [u8]),
}

impl Value {
    /// Borrows the value.
    #[must_use]
    pub fn as_ref(&self) -> ValueRef<'_> {
        match self {
            Self::Null => ValueRef::Null,
            Self::Integer(integer) => ValueRef::Integer(*integer),
            Self::Real(real) => ValueRef::Real(*real),
            Self::Text(text) => ValueRef::Text(text),
            Self::Blob(bytes) => ValueRef::Blob(bytes),
        }
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.as_ref() == other.as_ref()
    }
}

impl Eq for Value {}

impl ValueRef<'_> {
    /// Copies the value.
    #[must_use]
    pub fn to_owned(self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Integer(integer) => Value::Integer(integer),
            Self::Real(real) => Value::Real(real),
            Self::Text(text) => Value::Text(text.to_owned()),
            Self::Blob(bytes) => Value::Blob(bytes.to_owned()),
        }
    }

    /// What SQLite calls this type of value.
    #[must_use]
    pub fn type_name(self) -> &'static str {
        match self {
            Self::Null => "NULL",
            Self::Integer(_) => "INTEGER",
            Self::Real(_) => "REAL",
            Self::Text(_) => "TEXT",
            Self::Blob(_) => "BLOB",
        }
    }
}

impl PartialEq for ValueRef<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Integer(a), Self::Integer(b)) => a == b,
            (Self::Real(a), Self::Real(b)) => a.to_bits() == b.to_bits(),
            (Self::Text(a), Self::Text(b)) => a == b,
            (Self::Blob(a), Self::Blob(b)) => a == b,
            _ => false,
        }
    }
}

/// Why a value cannot be stored, or cannot be read as the type that was asked for.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ValueError {
    /// NaN has no single bit pattern and SQLite turns it into NULL.
    #[error("NaN cannot be stored; use an `Option` and store `None`, or check for it before")]
    Nan,
    /// The value is larger than [`MAX_VALUE_BYTES`].
    #[error(
        "a value of {bytes} bytes is too large: a Durable Object stores at most {MAX_VALUE_BYTES} bytes a value; split it, or keep it in an object store and its key here"
    )]
    TooLarge {
        /// The size of the value.
        bytes: usize,
    },
    /// The value needs more precision than the column keeps.
    #[error("`{value}` is finer than {unit}; round it before, so that it comes back as it went in")]
    TooPrecise {
        /// The value.
        value: String,
        /// The column's unit.
        unit: &'static str,
    },
    /// The value is outside of the range of the type.
    #[error("`{value}` is outside of the range of `{kind}`")]
    OutOfRange {
        /// The value.
        value: String,
        /// The Rust type.
        kind: &'static str,
    },
    /// The database holds another type than the struct.
    #[error("expected {expected}, found {found}")]
    Mismatch {
        /// What the struct asks for.
        expected: &'static str,
        /// What SQLite calls the stored value.
        found: &'static str,
    },
    /// A stored text is no label of the enum.
    #[error("`{label}` is not a variant of `{name}`; its labels are {labels}")]
    UnknownLabel {
        /// What is stored.
        label: String,
        /// The enum.
        name: &'static str,
        /// What the enum knows, with commas.
        labels: String,
    },
    /// Text that is not UTF-8.
    #[error("stored text is not UTF-8")]
    NotUtf8,
    /// `serde_json` refused.
    #[error("JSON: {0}")]
    Json(String),
}

/// The values of one row, written by a struct: the form from which the library binds, compares and logs.
///
/// The buffer is reused from row to row; texts and blobs are copied into one arena each.
#[derive(Clone, Debug, Default)]
pub struct RowBuf {
    slots: Vec<Slot>,
    text: String,
    blob: Vec<u8>,
}

#[derive(Clone, Debug)]
enum Slot {
    Null,
    Integer(i64),
    Real(f64),
    Text(Range<usize>),
    Blob(Range<usize>),
}

impl RowBuf {
    /// An empty row.
    #[must_use]
    pub const fn new() -> Self {
        Self { slots: Vec::new(), text: String::new(), blob: Vec::new() }
    }

    /// Forgets all values and keeps the memory.
    pub fn clear(&mut self) {
        self.slots.clear();
        self.text.clear();
        self.blob.clear();
    }

    /// Adds a value.
    ///
    /// # Errors
    /// NaN, and text or bytes above [`MAX_VALUE_BYTES`].
    #[inline]
    pub fn push(&mut self, value: ValueRef<'_>) -> Result<(), ValueError> {
        let slot = match value {
            ValueRef::Null => Slot::Null,
            ValueRef::Integer(integer) => Slot::Integer(integer),
            ValueRef::Real(real) if real.is_nan() => return Err(ValueError::Nan),
            ValueRef::Real(real) => Slot::Real(real),
            ValueRef::Text(text) => {
                check_size(text.len())?;
                let start = self.text.len();
                self.text.push_str(text);
                Slot::Text(start..self.text.len())
            }
            ValueRef::Blob(bytes) => {
                check_size(bytes.len())?;
                let start = self.blob.len();
                self.blob.extend_from_slice(bytes);
                Slot::Blob(start..self.blob.len())
            }
        };
        self.slots.push(slot);
        Ok(())
    }

    /// Puts `value` in the place of column `column`.
    pub(crate) fn set_integer(&mut self, column: usize, value: i64) {
        self.slots[column] = Slot::Integer(value);
    }

    /// Copies a whole row, whatever its values: what is stored already was checked when it was written.
    pub(crate) fn copy(row: &dyn Row) -> Result<Self, ValueError> {
        let mut copy = Self::new();
        copy.copy_from(row)?;
        Ok(copy)
    }

    /// As [`RowBuf::copy`], in the memory of this row.
    pub(crate) fn copy_from(&mut self, row: &dyn Row) -> Result<(), ValueError> {
        self.clear();
        (0..row.len()).try_for_each(|column| self.push(row.value(column)?))
    }
}

fn check_size(bytes: usize) -> Result<(), ValueError> {
    if bytes > MAX_VALUE_BYTES { Err(ValueError::TooLarge { bytes }) } else { Ok(()) }
}

/// Values that stand in a fixed order: a row that was read, or the parameters of a statement.
pub trait Row {
    /// How many values there are.
    fn len(&self) -> usize;

    /// The value at `column`, from 0.
    ///
    /// # Errors
    /// Text that is not UTF-8.
    fn value(&self, column: usize) -> Result<ValueRef<'_>, ValueError>;

    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The name of the column, where a statement gave it one.
    fn name(&self, _column: usize) -> Option<&str> {
        None
    }
}

impl Row for RowBuf {
    fn len(&self) -> usize {
        self.slots.len()
    }

    // through memory, the value would be written by parts and read as a whole, which the processor waits for
    #[allow(clippy::inline_always)]
    #[inline(always)]
    fn value(&self, column: usize) -> Result<ValueRef<'_>, ValueError> {
        Ok(match &self.slots[column] {
            Slot::Null => ValueRef::Null,
            Slot::Integer(integer) => ValueRef::Integer(*integer),
            Slot::Real(real) => ValueRef::Real(*real),
            Slot::Text(range) => ValueRef::Text(&self.text[range.clone()]),
            Slot::Blob(range) => ValueRef::Blob(&self.blob[range.clone()]),
        })
    }
}

impl Row for &[ValueRef<'_>] {
    fn len(&self) -> usize {
        <[_]>::len(self)
    }

    #[inline]
    fn value(&self, column: usize) -> Result<ValueRef<'_>, ValueError> {
        Ok(self[column])
    }
}

impl Row for Vec<Value> {
    fn len(&self) -> usize {
        <[_]>::len(self)
    }

    fn value(&self, column: usize) -> Result<ValueRef<'_>, ValueError> {
        Ok(self[column].as_ref())
    }
}

/// Of so many values there is room without asking for memory.
const FEW: usize = 24;

/// Runs `fill_and_use` with room for so many values.
#[inline]
pub(crate) fn with_room<'v, R>(count: usize, fill_and_use: impl FnOnce(&mut [ValueRef<'v>]) -> R) -> R {
    let mut few = [ValueRef::Null; FEW];
    match few.get_mut(..count) {
        Some(values) => fill_and_use(values),
        None => fill_and_use(&mut vec![ValueRef::Null; count]),
    }
}

/// Bytes as hexadecimal text, in lower case.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    push_hex(&mut text, bytes);
    text
}

/// Appends bytes as hexadecimal text, in lower case, many digits at once.
pub(crate) fn push_hex(text: &mut String, bytes: &[u8]) {
    let digit = |half: u8| half + if half < 10 { b'0' } else { b'a' - 10 }; // no table: many are reckoned at once
    for chunk in bytes.chunks(16) {
        let mut digits = [0; 32];
        for (pair, byte) in digits.chunks_exact_mut(2).zip(chunk) {
            pair[0] = digit(byte >> 4);
            pair[1] = digit(byte & 15);
        }
        text.push_str(std::str::from_utf8(&digits[..2 * chunk.len()]).unwrap_or_default());
    }
}

/// The bytes of hexadecimal text; none when it is not that.
pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        text.chars().map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0)?;
    Some(digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

mod real_bits {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    #[allow(clippy::trivially_copy_pass_by_ref)] // serde's signature
    pub(super) fn serialize<S: Serializer>(real: &f64, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&format!("{:016x}", real.to_bits()))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
        let text = String::deserialize(from)?;
        u64::from_str_radix(&text, 16).map(f64::from_bits).map_err(D::Error::custom)
    }
}

mod hex_bytes {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&super::hex(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        super::unhex(&String::deserialize(from)?).ok_or_else(|| D::Error::custom("not hexadecimal"))
    }
}
