//! What generated code calls. Not for people: it changes without notice.

use std::marker::PhantomData;

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    schema::{Capture, Column, FieldError, Kind, Schema, VersionNumber, column::text, json},
    value::{Row, RowBuf, ValueError, ValueRef},
};

pub use crate::schema::{Json, Required};

/// A field, by its type.
///
/// It answers for every type: for one that is a [`Column`] with that, for any other with [`NotAColumn`]. So of a wrong
/// type only [`assert_column`] complains, once, in its own words.
#[derive(Debug)]
pub struct Field<C>(PhantomData<C>);

impl<C: Column> Field<C> {
    /// [`Column::KIND`].
    pub const KIND: Kind = C::KIND;
    /// [`Column::LABELS`].
    pub const LABELS: &'static [&'static str] = C::LABELS;
    /// [`Column::NULLABLE`].
    pub const NULLABLE: bool = C::NULLABLE;

    /// Stores the field.
    ///
    /// # Errors
    /// See [`Column::store`].
    #[inline]
    pub fn store(row: &mut RowBuf, column: &'static str, value: &C) -> Result<(), FieldError> {
        value.store(row).map_err(|source| FieldError { column, source })
    }

    /// Reads the field.
    ///
    /// # Errors
    /// See [`Column::load`].
    #[inline]
    pub fn load(row: &(impl Row + ?Sized), position: usize, column: &'static str) -> Result<C, FieldError> {
        row.value(position).and_then(C::load).map_err(|source| FieldError { column, source })
    }

    /// Stores the inside of a newtype.
    ///
    /// # Errors
    /// See [`Column::store`].
    #[inline]
    pub fn push(row: &mut RowBuf, value: &C) -> Result<(), ValueError> {
        value.store(row)
    }

    /// Reads the inside of a newtype.
    ///
    /// # Errors
    /// See [`Column::load`].
    #[inline]
    pub fn take(value: ValueRef<'_>) -> Result<C, ValueError> {
        C::load(value)
    }
}

/// What [`Field`] says of a type that is no column; never run, since the program does not compile.
#[allow(missing_docs, clippy::missing_errors_doc)]
pub trait NotAColumn<C> {
    const KIND: Kind = Kind::Text;
    const LABELS: &'static [&'static str] = &[];
    const NULLABLE: bool = false;

    fn store(_: &mut RowBuf, _: &'static str, _: &C) -> Result<(), FieldError> {
        unreachable!()
    }

    fn load(_: &(impl Row + ?Sized), _: usize, _: &'static str) -> Result<C, FieldError> {
        unreachable!()
    }

    fn push(_: &mut RowBuf, _: &C) -> Result<(), ValueError> {
        unreachable!()
    }

    fn take(_: ValueRef<'_>) -> Result<C, ValueError> {
        unreachable!()
    }
}

impl<C> NotAColumn<C> for Field<C> {}

/// A `#[json]` field, by its type.
#[derive(Debug)]
pub struct JsonField<V>(PhantomData<V>);

impl<V: Serialize + DeserializeOwned> JsonField<V> {
    /// Stores the field.
    ///
    /// # Errors
    /// See [`json::store`].
    pub fn store(
        row: &mut RowBuf,
        column: &'static str,
        nullable: bool,
        value: &V,
    ) -> Result<(), FieldError> {
        json::store(value, nullable, row).map_err(|source| FieldError { column, source })
    }

    /// Reads the field.
    ///
    /// # Errors
    /// See [`json::load`].
    pub fn load(row: &(impl Row + ?Sized), position: usize, column: &'static str) -> Result<V, FieldError> {
        row.value(position).and_then(json::load).map_err(|source| FieldError { column, source })
    }
}

/// What [`JsonField`] says of a type that serde does not know; never run.
#[allow(missing_docs, clippy::missing_errors_doc)]
pub trait NotJson<V> {
    fn store(_: &mut RowBuf, _: &'static str, _: bool, _: &V) -> Result<(), FieldError> {
        unreachable!()
    }

    fn load(_: &(impl Row + ?Sized), _: usize, _: &'static str) -> Result<V, FieldError> {
        unreachable!()
    }
}

impl<V> NotJson<V> for JsonField<V> {}

/// A `#[skip]` field, by its type.
#[derive(Debug)]
pub struct SkippedField<V>(PhantomData<V>);

impl<V: Default> SkippedField<V> {
    /// The value that is read.
    #[must_use]
    pub fn make() -> V {
        V::default()
    }
}

/// What [`SkippedField`] says of a type without a default; never run.
#[allow(missing_docs)]
pub trait NotSkipped<V> {
    #[must_use]
    fn make() -> V {
        unreachable!()
    }
}

impl<V> NotSkipped<V> for SkippedField<V> {}

/// A `#[version]` field, by its type.
#[derive(Debug)]
pub struct VersionField<C>(PhantomData<C>);

impl<C: VersionNumber> VersionField<C> {
    /// The value of the field.
    ///
    /// # Errors
    /// See [`VersionNumber::from_count`].
    pub fn count(column: &'static str, count: i64) -> Result<C, FieldError> {
        C::from_count(count).map_err(|source| FieldError { column, source })
    }
}

/// What [`VersionField`] says of a type that cannot count; never run.
#[allow(missing_docs, clippy::missing_errors_doc)]
pub trait NotAVersion<C> {
    fn count(_: &'static str, _: i64) -> Result<C, FieldError> {
        unreachable!()
    }
}

impl<C> NotAVersion<C> for VersionField<C> {}

/// The text of an enum's column.
///
/// # Errors
/// The stored value is no text.
pub fn label<'a>(value: ValueRef<'a>, name: &'static str) -> Result<&'a str, ValueError> {
    text(value, name)
}

/// The error for a text that is none of the enum's labels.
///
/// # Errors
/// Always.
pub fn unknown_label<C>(label: &str, name: &'static str, labels: &[&str]) -> Result<C, ValueError> {
    Err(ValueError::UnknownLabel { label: label.to_owned(), name, labels: labels.join(", ") })
}

/// The schema of a collection whose struct has mistakes: the program does not compile.
pub const NO_SCHEMA: Schema = Schema {
    name: "",
    columns: &[],
    id: &[],
    indexes: &[],
    version: None,
    capture: Capture::Full,
    partition: &[],
    sort: &[],
    merge_on_read: false,
    cache_seconds: None,
    columnar: None,
    snapshot: None,
};

/// Whether a decimal of this kind can exist; every other kind does.
#[must_use]
pub const fn is_decimal(kind: Kind) -> bool {
    match kind {
        Kind::Decimal { precision, scale } => 1 <= precision && precision <= 38 && scale <= precision,
        _ => true,
    }
}

/// What to write as the fill of a column of this kind.
#[must_use]
pub const fn fill_help(kind: Kind) -> &'static str {
    match kind {
        Kind::Bool => "this does not fill a bool\nhelp: write `fill = false` or `fill = true`",
        Kind::F32 | Kind::F64 => {
            "this does not fill a float\nhelp: write a number with a point: `fill = 0.0`"
        }
        Kind::Text => "this does not fill a text\nhelp: write a string: `fill = \"…\"`",
        Kind::Json => "this does not fill a JSON column\nhelp: write JSON in a string: `fill = \"[]\"`",
        Kind::Enum => "this is no label of the enum\nhelp: write one of its labels, in snake case",
        Kind::Date => "this does not fill a date\nhelp: write days since 1970-01-01: `fill = 0`",
        Kind::Timestamp => "this does not fill a timestamp\nhelp: write microseconds since 1970: `fill = 0`",
        Kind::Decimal { precision, .. } if precision <= 18 => {
            "this does not fill the decimal\nhelp: write its digits without the point: `fill = 1990` for 19.90"
        }
        Kind::Bytes | Kind::Fixed(_) | Kind::Uuid | Kind::Decimal { .. } => {
            "there is no literal for this type\nhelp: make the field an `Option`: old rows hold `None`"
        }
        _ => "this does not fill the integer\nhelp: write an integer in the range of the type: `fill = 0`",
    }
}

/// Fails to compile, with the caret on the type, when `C` cannot be a column.
pub const fn assert_column<C: Column>() {}

/// Fails to compile when `C` cannot count versions.
pub const fn assert_version<C: VersionNumber>() {}

/// A type that a `#[json]` field can have.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored as JSON",
    label = "not a type of serde",
    note = "derive `serde::Serialize` and `serde::Deserialize`"
)]
pub trait JsonValue {}

#[diagnostic::do_not_recommend]
impl<V: Serialize + DeserializeOwned> JsonValue for V {}

/// Fails to compile when `V` cannot be stored as JSON.
pub const fn assert_json<V: JsonValue>() {}

/// A type that a `#[skip]` field can have.
#[diagnostic::on_unimplemented(
    message = "a skipped field is filled with its default, and `{Self}` has none",
    label = "has no default",
    note = "derive `Default` for `{Self}`"
)]
pub trait SkipValue {}

impl<V: Default> SkipValue for V {}

/// Fails to compile when `V` has no default.
pub const fn assert_skip<V: SkipValue>() {}
