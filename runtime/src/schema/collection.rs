//! The traits that `#[derive(Collection)]` implements.

use std::any::TypeId;

use crate::value::{Row, RowBuf, ValueError, ValueRef};

use super::Schema;
#[cfg(feature = "native")]
use super::StoredSchema;

/// A struct whose values are documents of a collection: made by `#[derive(Collection)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a collection",
    label = "not a collection",
    note = "add `#[derive(Collection)]` to `{Self}`"
)]
pub trait Collection: Sized + 'static {
    /// The type of the id: the field's, or a tuple of the fields' for an id of several columns.
    type Id: KeyOf<Self>;
    /// The handles of the columns, for filters and orders.
    type Columns: 'static;
    /// What the collection is.
    const SCHEMA: &'static Schema;
    /// The handles of the columns.
    const COLUMNS: Self::Columns;

    /// Appends the document's values to `row`, in the order of the schema's columns.
    ///
    /// # Errors
    /// The name of the column and why its value cannot be stored.
    fn write(&self, row: &mut RowBuf) -> Result<(), FieldError>;

    /// Makes a document of a row.
    ///
    /// # Errors
    /// The name of the column and why its value cannot be read.
    fn read(row: &(impl Row + ?Sized)) -> Result<Self, FieldError>;

    /// Sets the `#[version]` field; nothing in a collection without one.
    ///
    /// # Errors
    /// The field's type cannot count so far.
    fn set_version(&mut self, _version: i64) -> Result<(), FieldError> {
        Ok(())
    }
}

/// A value of one column that cannot be stored or read.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("column `{column}`: {source}")]
pub struct FieldError {
    /// The column.
    pub column: &'static str,
    /// Why.
    pub source: ValueError,
}

/// A value by which a document of `T` can be found: its id.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the id of `{T}`",
    label = "not the id of `{T}`",
    note = "`get`, `update` and `delete` take the type of the field that is marked `#[id]`, or a tuple for an id of several columns"
)]
pub trait KeyOf<T> {
    /// Appends the id's columns to `row`, in the order of the id.
    ///
    /// # Errors
    /// A value that cannot be stored.
    fn store(&self, row: &mut RowBuf) -> Result<(), FieldError>;
}

#[diagnostic::do_not_recommend]
impl<T: Collection<Id = String>> KeyOf<T> for &str {
    fn store(&self, row: &mut RowBuf) -> Result<(), FieldError> {
        let column = T::SCHEMA.id_columns().next().map_or("", |column| column.name);
        row.push(ValueRef::Text(self)).map_err(|source| FieldError { column, source })
    }
}

/// The collections that a database is opened with: made by `collections![…]`.
#[derive(Clone, Debug)]
pub struct Collections(Vec<Registered>);

/// One collection of [`Collections`].
#[derive(Clone, Copy, Debug)]
pub struct Registered {
    pub(crate) type_id: TypeId,
    pub(crate) schema: &'static Schema,
}

impl Registered {
    /// The collection `T`.
    #[must_use]
    pub const fn of<T: Collection>() -> Self {
        Self { type_id: TypeId::of::<T>(), schema: T::SCHEMA }
    }
}

#[cfg(feature = "native")]
impl Collections {
    /// The newest schema of each collection of a database, without their structs.
    ///
    /// # Errors
    /// The name of a collection whose schema no derive makes.
    pub(crate) fn unbound<'s>(stored: impl Iterator<Item = &'s StoredSchema>) -> Result<Self, String> {
        struct Unknown;
        let of = |stored: &StoredSchema| {
            let schema = stored.unbound().ok_or_else(|| stored.name.clone())?;
            Ok(Registered { type_id: TypeId::of::<Unknown>(), schema })
        };
        stored.map(of).collect::<Result<_, _>>().map(Self)
    }
}

impl<const N: usize> From<[Registered; N]> for Collections {
    fn from(collections: [Registered; N]) -> Self {
        Self(collections.into())
    }
}

impl Collections {
    pub(crate) fn iter(&self) -> impl Iterator<Item = Registered> + '_ {
        self.0.iter().copied()
    }
}

/// Names the collections of a database: `collections![Order, Customer]`.
#[macro_export]
macro_rules! collections {
    ($($collection:ty),* $(,)?) => {
        $crate::schema::Collections::from([$($crate::schema::Registered::of::<$collection>()),*])
    };
}
