//! Partition specs with the types of what they are made from.

use super::{Datum, IcebergError, PartitionSpec, Schema, Transform, Type, value::mismatch};

/// A field of a partition, with its types.
#[derive(Clone, Debug, PartialEq)]
pub struct BoundField<'a> {
    /// Its id.
    pub field_id: i32,
    /// The column that it is made from.
    pub source_id: i32,
    /// Its name.
    pub name: &'a str,
    /// How it is made.
    pub transform: Transform,
    /// The type of the column.
    pub source: Type,
    /// Its own type.
    pub kind: Type,
}

impl PartitionSpec {
    /// The fields with their types.
    ///
    /// # Errors
    /// A transform that is not known or does not fit its column, or a column that is not in the schema.
    pub fn bind(&self, schema: &Schema) -> Result<Vec<BoundField<'_>>, IcebergError> {
        self.fields.iter().map(|field| field.bind(schema)).collect()
    }

    /// The partition of a row, whose column of an id `value` gives.
    ///
    /// # Errors
    /// As [`bind`](Self::bind), or a value that is not of the type of its column.
    pub fn partition<'v>(
        &self,
        schema: &Schema,
        value: impl Fn(i32) -> Option<&'v Datum>,
    ) -> Result<Vec<Option<Datum>>, IcebergError> {
        let fields = self.bind(schema)?;
        fields
            .iter()
            .map(|field| match value(field.source_id) {
                Some(value) if !value.is_of(&field.source) => mismatch(&field.source, value),
                value => field.transform.apply(value),
            })
            .collect()
    }
}

impl super::PartitionField {
    fn bind(&self, schema: &Schema) -> Result<BoundField<'_>, IcebergError> {
        let transform: Transform = self.transform.parse()?;
        let column = schema.field_by_id(self.source_id);
        let source = match (column, transform) {
            (Some(column), _) => column.kind.clone(),
            // its column may be gone, and it is always NULL
            (None, Transform::Void) => Type::Int,
            (None, _) => return Err(IcebergError::damaged(format!("no column {}", self.source_id))),
        };
        let kind = transform
            .result_type(&source)
            .ok_or_else(|| IcebergError::unsupported(format!("the transform `{transform}` of {source}")))?;
        let (field_id, source_id, name) = (self.field_id, self.source_id, self.name.as_str());
        Ok(BoundField { field_id, source_id, name, transform, source, kind })
    }
}
