//! The columns of a collection as VRTX and Arrow have them.

use crate::schema::{ColumnDef, Kind, Schema};

use super::{column::Column, types::DataType};

/// A column of a row group: its name, and what it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// The column's name.
    pub name: &'static str,
    /// What it holds.
    pub data_type: DataType,
    /// Whether it may be NULL.
    pub nullable: bool,
}

impl Field {
    fn of(column: &ColumnDef) -> Self {
        Self { name: column.name, data_type: DataType::of(column.kind), nullable: column.nullable }
    }

    /// An empty column for the values of the field.
    #[must_use]
    pub fn column(&self) -> Column {
        Column::new(self.data_type, self.nullable)
    }
}

impl DataType {
    /// How a kind of column is kept in VRTX.
    #[must_use]
    pub const fn of(kind: Kind) -> Self {
        match kind {
            Kind::Bool => Self::Bool,
            Kind::I8 => Self::I8,
            Kind::I16 => Self::I16,
            Kind::I32 => Self::I32,
            Kind::U8 => Self::U8,
            Kind::U16 => Self::U16,
            Kind::U32 => Self::U32,
            Kind::I64 => Self::I64,
            Kind::F32 => Self::F32,
            Kind::F64 => Self::F64,
            Kind::Text | Kind::Enum | Kind::Json => Self::Text,
            Kind::Bytes => Self::Bytes,
            Kind::Fixed(length) => Self::Fixed(length),
            Kind::Uuid => Self::Uuid,
            Kind::Timestamp => Self::Timestamp,
            Kind::Date => Self::Date,
            Kind::Decimal { precision, scale } => Self::Decimal { precision, scale },
        }
    }
}

impl Schema {
    /// The columns of a row group of the collection.
    ///
    /// ```
    /// # use terrace::{prelude::*, vortex::DataType};
    /// #[derive(Collection)]
    /// struct City { #[id] name: String, people: i64, mayor: Option<String> }
    ///
    /// let [name, people, mayor] = City::SCHEMA.vrtx().try_into().unwrap();
    /// assert_eq!((name.data_type, people.data_type), (DataType::Text, DataType::I64));
    /// assert!(mayor.nullable && !name.nullable);
    /// ```
    #[must_use]
    pub fn vrtx(&self) -> Vec<Field> {
        self.columns.iter().map(Field::of).collect()
    }

    /// The columns of the collection as Arrow has them.
    #[cfg(feature = "arrow")]
    #[must_use]
    pub fn arrow(&self) -> arrow_schema::Schema {
        let field =
            |field: &Field| arrow_schema::Field::new(field.name, field.data_type.arrow(), field.nullable);
        arrow_schema::Schema::new(self.vrtx().iter().map(field).collect::<Vec<_>>())
    }
}
