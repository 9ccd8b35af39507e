//! The columns of a table as Arrow has them, and with that, as Parquet has them.
//!
//! Source: Iceberg, Appendix A, "Parquet". A column's id goes into the file, since its name may change.

use std::{collections::HashMap, sync::Arc};

use arrow_schema::{DataType, Field as ArrowField, Schema as ArrowSchema, TimeUnit, extension::Uuid};
use parquet::arrow::PARQUET_FIELD_ID_META_KEY;

use super::{
    super::iceberg::{Field, Schema, Type},
    error::{FileError, Outcome, unsupported},
};

impl Schema {
    /// The columns as Arrow has them, each with its id as `PARQUET:field_id`.
    ///
    /// The types are those of [`crate::vortex::DataType::arrow`].
    ///
    /// # Errors
    /// A column of a type that this library never writes.
    ///
    /// ```
    /// use terrace::cold::iceberg::{Field, Schema, Type};
    /// let id = Field { id: 1, name: "id".into(), required: true, kind: Type::Uuid, doc: None };
    /// let arrow = Schema::new(0, vec![id]).arrow()?;
    /// assert_eq!(arrow.field(0).metadata()["PARQUET:field_id"], "1");
    /// # Ok::<(), terrace::cold::parquet::FileError>(())
    /// ```
    pub fn arrow(&self) -> Result<ArrowSchema, FileError> {
        let fields: Outcome<Vec<_>> = self.fields.iter().map(arrow_field).collect();
        Ok(ArrowSchema::new(fields?))
    }
}

fn arrow_field(field: &Field) -> Outcome<ArrowField> {
    let data_type = arrow_type(&field.kind).ok_or_else(|| unsupported(&field.name, &field.kind))?;
    let id = HashMap::from([(PARQUET_FIELD_ID_META_KEY.to_owned(), field.id.to_string())]);
    let arrow = ArrowField::new(&field.name, data_type, !field.required).with_metadata(id);
    Ok(if field.kind == Type::Uuid { arrow.with_extension_type(Uuid) } else { arrow })
}

/// The type of Arrow that holds the values.
pub(super) fn arrow_type(kind: &Type) -> Option<DataType> {
    let micros = |zone: Option<&str>| DataType::Timestamp(TimeUnit::Microsecond, zone.map(Arc::from));
    Some(match kind {
        Type::Boolean => DataType::Boolean,
        Type::Int => DataType::Int32,
        Type::Long => DataType::Int64,
        Type::Float => DataType::Float32,
        Type::Double => DataType::Float64,
        Type::Decimal { precision: precision @ 1..=38, scale } if scale <= precision => {
            DataType::Decimal128(*precision, scale.cast_signed())
        }
        Type::Date => DataType::Date32,
        Type::Time => DataType::Time64(TimeUnit::Microsecond),
        Type::Timestamp => micros(None),
        Type::Timestamptz => micros(Some("UTC")),
        Type::String => DataType::Utf8,
        Type::Uuid => DataType::FixedSizeBinary(16),
        Type::Fixed(length) => DataType::FixedSizeBinary(i32::try_from(*length).ok()?),
        Type::Binary => DataType::Binary,
        Type::Decimal { .. } | Type::Other(_) => return None,
    })
}
