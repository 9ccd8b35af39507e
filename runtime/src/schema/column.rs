//! Which Rust types can be columns, and how each goes to SQLite and comes back.

use crate::value::{RowBuf, ValueError, ValueRef};

use super::Kind;

/// A type that one column can hold.
///
/// Implemented for the types of the table in the crate's documentation, by `#[derive(Embed)]` for unit enums and
/// newtypes, and for `Option` of each.
///
/// ```
/// use terrace::schema::{Column, Kind};
/// assert_eq!(<Option<i64> as Column>::KIND, Kind::I64);
/// assert!(<Option<i64> as Column>::NULLABLE);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a column",
    label = "not a column type",
    note = "columns hold bool, integers up to 64 bits, f32, f64, String, bytes, Timestamp, Date, Decimal, Uuid, Id, and Option of these",
    note = "derive `Embed` on an enum or a newtype to make it a column, or add `#[json]` to the field to store it as JSON",
    note = "to refer to a document of a collection, store its id"
)]
pub trait Column: Sized {
    /// The type without its `Option`: what filters compare with.
    type Base: Scalar;
    /// What the column holds.
    const KIND: Kind;
    /// The labels of an enum.
    const LABELS: &'static [&'static str] = &[];
    /// Whether `NULL` is one of its values.
    const NULLABLE: bool;

    /// Appends the value to a row.
    ///
    /// # Errors
    /// A value that would not come back bit for bit: NaN, more precision than the column has, above 2 MB.
    fn store(&self, row: &mut RowBuf) -> Result<(), ValueError>;

    /// Reads the value back.
    ///
    /// # Errors
    /// The stored value is not of this type, or outside of its range.
    fn load(value: ValueRef<'_>) -> Result<Self, ValueError>;
}

/// A [`Column`] that is not an `Option`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a column",
    label = "not a column type",
    note = "NULL has only one level: an `Option` holds a type that is not one itself"
)]
pub trait Scalar: Column<Base = Self> {}

impl<C: Column<Base = C>> Scalar for C {}

#[diagnostic::do_not_recommend]
impl<C: Scalar> Column for Option<C> {
    type Base = C;
    const KIND: Kind = C::KIND;
    const LABELS: &'static [&'static str] = C::LABELS;
    const NULLABLE: bool = true;

    fn store(&self, row: &mut RowBuf) -> Result<(), ValueError> {
        match self {
            Some(value) => value.store(row),
            None => row.push(ValueRef::Null),
        }
    }

    fn load(value: ValueRef<'_>) -> Result<Self, ValueError> {
        match value {
            ValueRef::Null => Ok(None),
            value => C::load(value).map(Some),
        }
    }
}

/// What a column of type `C` can be compared with in a filter.
#[diagnostic::on_unimplemented(
    message = "a `{C}` column cannot be compared with `{Self}`",
    label = "not a `{C}`",
    note = "to find documents without a value use `is_none()`, with any value `is_some()`"
)]
pub trait Operand<C> {
    /// Appends the value to the parameters of a filter.
    ///
    /// # Errors
    /// As [`Column::store`].
    fn store(&self, row: &mut RowBuf) -> Result<(), ValueError>;
}

#[diagnostic::do_not_recommend]
impl<C: Scalar> Operand<C> for C {
    fn store(&self, row: &mut RowBuf) -> Result<(), ValueError> {
        Column::store(self, row)
    }
}

#[diagnostic::do_not_recommend]
impl<C: Scalar> Operand<C> for &C {
    fn store(&self, row: &mut RowBuf) -> Result<(), ValueError> {
        Column::store(*self, row)
    }
}

#[diagnostic::do_not_recommend]
impl Operand<String> for &str {
    fn store(&self, row: &mut RowBuf) -> Result<(), ValueError> {
        row.push(ValueRef::Text(self))
    }
}

#[diagnostic::do_not_recommend]
impl Operand<Vec<u8>> for &[u8] {
    fn store(&self, row: &mut RowBuf) -> Result<(), ValueError> {
        row.push(ValueRef::Blob(self))
    }
}

/// A column that can count versions: `u32`, `i32` or `i64`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot count versions",
    label = "not a version number",
    note = "use `u32` or `i64`"
)]
pub trait VersionNumber: Column {
    /// The version as it stands after a change.
    ///
    /// # Errors
    /// The type cannot count further.
    fn from_count(count: i64) -> Result<Self, ValueError>;
}

macro_rules! integers {
    ($($type:ident $kind:ident),*) => {$(
        #[diagnostic::do_not_recommend]
        impl Column for $type {
            type Base = Self;
            const KIND: Kind = Kind::$kind;
            const NULLABLE: bool = false;

            fn store(&self, row: &mut RowBuf) -> Result<(), ValueError> {
                row.push(ValueRef::Integer(i64::from(*self)))
            }

            #[inline]
            fn load(value: ValueRef<'_>) -> Result<Self, ValueError> {
                let integer = integer(value, stringify!($type))?;
                Self::try_from(integer).map_err(|_| out_of_range(integer, stringify!($type)))
            }
        }
    )*};
}

integers!(i8 I8, i16 I16, i32 I32, i64 I64, u8 U8, u16 U16, u32 U32);

macro_rules! versions {
    ($($type:ident),*) => {$(
        #[diagnostic::do_not_recommend]
        impl VersionNumber for $type {
            fn from_count(count: i64) -> Result<Self, ValueError> {
                Self::try_from(count).map_err(|_| out_of_range(count, stringify!($type)))
            }
        }
    )*};
}

versions!(i32, i64, u32);

#[diagnostic::do_not_recommend]
impl Column for bool {
    type Base = Self;
    const KIND: Kind = Kind::Bool;
    const NULLABLE: bool = false;

    fn store(&self, row: &mut RowBuf) -> Result<(), ValueError> {
        row.push(ValueRef::Integer(i64::from(*self)))
    }

    #[inline]
    fn load(value: ValueRef<'_>) -> Result<Self, ValueError> {
        match integer(value, "bool")? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(out_of_range(other, "bool")),
        }
    }
}

#[diagnostic::do_not_recommend]
impl Column for f64 {
    type Base = Self;
    const KIND: Kind = Kind::F64;
    const NULLABLE: bool = false;

    fn store(&self, row: &mut RowBuf) -> Result<(), ValueError> {
        row.push(ValueRef::Real(*self))
    }

    #[inline]
    fn load(value: ValueRef<'_>) -> Result<Self, ValueError> {
        match value {
            ValueRef::Real(real) => Ok(real),
            other => Err(mismatch("f64", other)),
        }
    }
}

#[diagnostic::do_not_recommend]
impl Column for f32 {
    type Base = Self;
    const KIND: Kind = Kind::F32;
    const NULLABLE: bool = false;

    fn store(&self, row: &mut RowBuf) -> Result<(), ValueError> {
        row.push(ValueRef::Real(f64::from(*self)))
    }

    #[allow(clippy::cast_possible_truncation)] // checked: it has to widen to the same bits again
    fn load(value: ValueRef<'_>) -> Result<Self, ValueError> {
        let real = f64::load(value)?;
        let narrow = real as f32;
        if f64::from(narrow).to_bits() == real.to_bits() {
            Ok(narrow)
        } else {
            Err(out_of_range(real, "f32"))
        }
    }
}

#[diagnostic::do_not_recommend]
impl Column for String {
    type Base = Self;
    const KIND: Kind = Kind::Text;
    const NULLABLE: bool = false;

    fn store(&self, row: &mut RowBuf) -> Result<(), ValueError> {
        row.push(ValueRef::Text(self))
    }

    #[inline]
    fn load(value: ValueRef<'_>) -> Result<Self, ValueError> {
        text(value, "String").map(str::to_owned)
    }
}

#[diagnostic::do_not_recommend]
impl Column for Vec<u8> {
    type Base = Self;
    const KIND: Kind = Kind::Bytes;
    const NULLABLE: bool = false;

    fn store(&self, row: &mut RowBuf) -> Result<(), ValueError> {
        row.push(ValueRef::Blob(self))
    }

    #[inline]
    fn load(value: ValueRef<'_>) -> Result<Self, ValueError> {
        blob(value, "Vec<u8>").map(<[u8]>::to_vec)
    }
}

#[diagnostic::do_not_recommend]
impl<const N: usize> Column for [u8; N] {
    type Base = Self;
    #[allow(clippy::cast_possible_truncation)] // a column above 4 GB is refused with every value
    const KIND: Kind = Kind::Fixed(N as u32);
    const NULLABLE: bool = false;

    fn store(&self, row: &mut RowBuf) -> Result<(), ValueError> {
        row.push(ValueRef::Blob(self))
    }

    fn load(value: ValueRef<'_>) -> Result<Self, ValueError> {
        let bytes = blob(value, "[u8; N]")?;
        bytes.try_into().map_err(|_| out_of_range(format!("{} bytes", bytes.len()), "[u8; N]"))
    }
}

#[inline]
pub(crate) fn integer(value: ValueRef<'_>, expected: &'static str) -> Result<i64, ValueError> {
    match value {
        ValueRef::Integer(integer) => Ok(integer),
        other => Err(mismatch(expected, other)),
    }
}

#[inline]
pub(crate) fn text<'a>(value: ValueRef<'a>, expected: &'static str) -> Result<&'a str, ValueError> {
    match value {
        ValueRef::Text(text) => Ok(text),
        other => Err(mismatch(expected, other)),
    }
}

#[inline]
pub(crate) fn blob<'a>(value: ValueRef<'a>, expected: &'static str) -> Result<&'a [u8], ValueError> {
    match value {
        ValueRef::Blob(bytes) => Ok(bytes),
        other => Err(mismatch(expected, other)),
    }
}

pub(crate) fn out_of_range(value: impl std::fmt::Display, kind: &'static str) -> ValueError {
    ValueError::OutOfRange { value: value.to_string(), kind }
}

fn mismatch(expected: &'static str, found: ValueRef<'_>) -> ValueError {
    ValueError::Mismatch { expected, found: found.type_name() }
}
