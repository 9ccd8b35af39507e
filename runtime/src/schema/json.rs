//! Fields that are stored as JSON: any type of serde, in one TEXT column.
//!
//! JSON has no NaN and no infinities; `serde_json` would write `null` for them. They are refused instead
//! (invariant 7), by serialising a second time into [`FiniteCheck`], which keeps nothing.

use std::marker::PhantomData;

use serde::{Serialize, de::DeserializeOwned};

use crate::value::{RowBuf, ValueError, ValueRef};

use super::column::text;

/// Stands for a `#[json]` field of type `V` in a column handle: such a column can be tested for NULL, not compared.
#[derive(Debug)]
pub struct Json<V>(PhantomData<fn() -> V>);

impl<V> Json<Option<V>> {
    /// Whether the field is an `Option`, and `None` is stored as NULL. Shadows [`Required::NULLABLE`].
    pub const NULLABLE: bool = true;
}

/// The fields that are not an `Option`.
pub trait Required {
    /// Whether `NULL` is a value of the column.
    const NULLABLE: bool = false;
}

impl<V> Required for Json<V> {}

/// Appends `value` as JSON; `None` of a nullable field as NULL.
///
/// # Errors
/// `value` cannot be serialised, holds NaN or an infinity, or is too large.
pub(crate) fn store<V: Serialize>(value: &V, nullable: bool, row: &mut RowBuf) -> Result<(), ValueError> {
    value.serialize(FiniteCheck)?;
    let json = serde_json::to_string(value).map_err(|error| ValueError::Json(error.to_string()))?;
    if nullable && json == "null" { row.push(ValueRef::Null) } else { row.push(ValueRef::Text(&json)) }
}

/// Reads what [`store`] wrote.
///
/// # Errors
/// The text is not JSON of the type.
pub(crate) fn load<V: DeserializeOwned>(value: ValueRef<'_>) -> Result<V, ValueError> {
    let json = match value {
        ValueRef::Null => "null",
        value => text(value, "JSON text")?,
    };
    serde_json::from_str(json).map_err(|error| ValueError::Json(error.to_string()))
}

/// A serialiser that keeps nothing and fails on a float that JSON cannot hold.
struct FiniteCheck;

/// The error of [`FiniteCheck`], which serde wants to be a type of its own.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct NotFinite(ValueError);

impl From<NotFinite> for ValueError {
    fn from(error: NotFinite) -> Self {
        error.0
    }
}

impl serde::ser::Error for NotFinite {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self(ValueError::Json(message.to_string()))
    }
}

fn finite(real: f64) -> Result<(), NotFinite> {
    if real.is_nan() {
        Err(NotFinite(ValueError::Nan))
    } else if real.is_infinite() {
        Err(NotFinite(ValueError::Json(format!(
            "`{real}` has no form in JSON; store it in a column of its own"
        ))))
    } else {
        Ok(())
    }
}

macro_rules! accept {
    ($($method:ident $type:ty),*) => {$(
        fn $method(self, _: $type) -> Result<(), NotFinite> {
            Ok(())
        }
    )*};
}

impl serde::Serializer for FiniteCheck {
    type Ok = ();
    type Error = NotFinite;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    accept!(serialize_bool bool, serialize_i8 i8, serialize_i16 i16, serialize_i32 i32, serialize_i64 i64,
        serialize_i128 i128, serialize_u8 u8, serialize_u16 u16, serialize_u32 u32, serialize_u64 u64,
        serialize_u128 u128, serialize_char char, serialize_str &str, serialize_bytes &[u8],
        serialize_unit_struct &'static str);

    fn serialize_f32(self, real: f32) -> Result<(), NotFinite> {
        finite(real.into())
    }

    fn serialize_f64(self, real: f64) -> Result<(), NotFinite> {
        finite(real)
    }

    fn serialize_none(self) -> Result<(), NotFinite> {
        Ok(())
    }

    fn serialize_unit(self) -> Result<(), NotFinite> {
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), NotFinite> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), NotFinite> {
        value.serialize(self)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, _: &'static str) -> Result<(), NotFinite> {
        Ok(())
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        value: &T,
    ) -> Result<(), NotFinite> {
        value.serialize(self)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self, NotFinite> {
        Ok(self)
    }

    fn serialize_tuple(self, _: usize) -> Result<Self, NotFinite> {
        Ok(self)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self, NotFinite> {
        Ok(self)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, NotFinite> {
        Ok(self)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self, NotFinite> {
        Ok(self)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, NotFinite> {
        Ok(self)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, NotFinite> {
        Ok(self)
    }
}

/// The compound serialisers: each element is checked, each name passed over.
macro_rules! compound {
    ($($trait:ident $method:ident($($name:ty)?)),*) => {$(
        impl serde::ser::$trait for FiniteCheck {
            type Ok = ();
            type Error = NotFinite;

            fn $method<T: Serialize + ?Sized>(&mut self, $(_: $name,)? value: &T) -> Result<(), NotFinite> {
                value.serialize(FiniteCheck)
            }

            fn end(self) -> Result<(), NotFinite> {
                Ok(())
            }
        }
    )*};
}

compound!(SerializeSeq serialize_element(), SerializeTuple serialize_element(), SerializeTupleStruct serialize_field(),
    SerializeTupleVariant serialize_field(), SerializeStruct serialize_field(&'static str),
    SerializeStructVariant serialize_field(&'static str));

impl serde::ser::SerializeMap for FiniteCheck {
    type Ok = ();
    type Error = NotFinite;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), NotFinite> {
        key.serialize(FiniteCheck)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NotFinite> {
        value.serialize(FiniteCheck)
    }

    fn end(self) -> Result<(), NotFinite> {
        Ok(())
    }
}
