//! What generated code calls. Not for people: it changes without notice.

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    schema::{Column, FieldError, VersionNumber, json},
    value::{Row, RowBuf},
};

pub use crate::schema::{Json, Required};

/// Stores one field.
///
/// # Errors
/// See [`Column::store`].
#[inline]
pub fn store<C: Column>(row: &mut RowBuf, column: &'static str, value: &C) -> Result<(), FieldError> {
    value.store(row).map_err(|source| FieldError { column, source })
}

/// Reads one field.
///
/// # Errors
/// See [`Column::load`].
#[inline]
pub fn load<C: Column>(row: &dyn Row, position: usize, column: &'static str) -> Result<C, FieldError> {
    row.value(position).and_then(C::load).map_err(|source| FieldError { column, source })
}

/// Stores one `#[json]` field.
///
/// # Errors
/// See [`json::store`].
pub fn store_json<V: Serialize>(
    row: &mut RowBuf,
    column: &'static str,
    nullable: bool,
    value: &V,
) -> Result<(), FieldError> {
    json::store(value, nullable, row).map_err(|source| FieldError { column, source })
}

/// Reads one `#[json]` field.
///
/// # Errors
/// See [`json::load`].
pub fn load_json<V: DeserializeOwned>(
    row: &dyn Row,
    position: usize,
    column: &'static str,
) -> Result<V, FieldError> {
    row.value(position).and_then(json::load).map_err(|source| FieldError { column, source })
}

/// The value of a `#[version]` field.
///
/// # Errors
/// See [`VersionNumber::from_count`].
pub fn version<C: VersionNumber>(column: &'static str, count: i64) -> Result<C, FieldError> {
    C::from_count(count).map_err(|source| FieldError { column, source })
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
