//! Events as rows of a changelog table, in memory.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, Int32Array, Int64Array, RecordBatch, TimestampMicrosecondArray, builder::StringBuilder,
};

use crate::{
    Timestamp,
    cdc::{CdcEvent, CdcOperation, EventRef, Lineage},
    schema::{Kind, types::sortable_text},
    value::{Row, ValueRef},
    vortex::Column,
};

use super::{
    error::{Result, refused},
    iceberg::{Schema, Type},
    mapping::{Mapped, Role},
    parquet::data_type,
};

/// What `_op` says of a document that was read, not changed.
pub(crate) const READ: &str = "READ";

/// What `_op` says where all documents of an object were read: what came before counts no more.
pub(crate) const SNAPSHOT: &str = "SNAPSHOT";

/// What is known of a row beside its document.
pub(crate) struct Head<'e> {
    pub(crate) object: &'e str,
    pub(crate) lineage: Lineage,
    pub(crate) sequence: u64,
    pub(crate) timestamp: Timestamp,
    pub(crate) operation: &'static str,
    pub(crate) version: Option<i32>,
    pub(crate) parent: Option<Lineage>,
}

/// Rows that are being gathered, for a schema that has terrace's own columns first.
#[derive(Debug)]
pub(crate) struct ChangeRows {
    mapped: Mapped,
    schema: Schema,
    /// In the order of the collection.
    columns: Vec<Column>,
    /// How many digits a decimal has in the table, where these are too many for an integer and the struct's are not.
    widened: Vec<Option<u8>>,
    objects: StringBuilder,
    lineages: StringBuilder,
    /// The lineage of the last row, as text.
    lineage: (Lineage, String),
    sequences: Vec<i64>,
    timestamps: Vec<i64>,
    operations: StringBuilder,
    versions: Vec<Option<i32>>,
    parents: StringBuilder,
}

impl ChangeRows {
    pub(crate) fn new(mapped: &Mapped, schema: &Schema) -> Result<Self> {
        let kinds: Vec<Type> = mapped
            .schema
            .columns
            .iter()
            .map(|column| {
                schema
                    .field(&column.name)
                    .map_or_else(|| super::mapping::type_of(column.kind), |field| field.kind.clone())
            })
            .collect();
        let widened =
            mapped.schema.columns.iter().zip(&kinds).map(|(column, kind)| widened(column.kind, kind));
        let columns = mapped.schema.columns.iter().zip(&kinds);
        let columns = columns.map(|(column, kind)| Ok(Column::new(data_type(&column.name, kind)?, true)));
        Ok(Self {
            widened: widened.collect(),
            columns: columns.collect::<Result<_>>()?,
            mapped: mapped.clone(),
            schema: schema.clone(),
            objects: StringBuilder::new(),
            lineages: StringBuilder::new(),
            lineage: (Lineage([0; 16]), String::new()),
            sequences: Vec::new(),
            timestamps: Vec::new(),
            operations: StringBuilder::new(),
            versions: Vec::new(),
            parents: StringBuilder::new(),
        })
    }

    /// How many rows there are.
    pub(crate) fn len(&self) -> usize {
        self.sequences.len()
    }

    /// Adds an event. That a collection was restored is said as that all documents were read, which follow.
    pub(crate) fn add(&mut self, object: &str, event: &EventRef<'_>) -> Result<()> {
        let row = match event.operation {
            CdcOperation::Delete => &event.images.before,
            _ => &event.images.after,
        };
        match row {
            Some(row) => event.with_present(row, |row| self.document(row.iter().copied()))?,
            None => self.id(&event.id())?,
        }
        self.end_row(&Head {
            object,
            lineage: event.lineage,
            sequence: event.sequence,
            timestamp: event.timestamp,
            operation: if event.snapshot.is_some() { SNAPSHOT } else { event.operation.name() },
            version: event.schema.and_then(|schema| i32::try_from(schema.version).ok()),
            parent: event.previous_lineage,
        });
        Ok(())
    }

    /// Adds a document that was read, or, without one, that all of them were.
    pub(crate) fn add_read(&mut self, head: &Head<'_>, document: Option<&dyn Row>) -> Result<()> {
        match document {
            Some(row) => {
                let values: std::result::Result<Vec<ValueRef<'_>>, _> =
                    (0..row.len()).map(|at| row.value(at)).collect();
                self.document(values?.into_iter())?;
            }
            None => self.id(&[])?,
        }
        self.end_row(head);
        Ok(())
    }

    fn end_row(&mut self, head: &Head<'_>) {
        if self.lineage.0 != head.lineage || self.lineage.1.is_empty() {
            self.lineage = (head.lineage, head.lineage.to_string());
        }
        self.objects.append_value(head.object);
        self.lineages.append_value(&self.lineage.1);
        self.sequences.push(head.sequence.cast_signed());
        self.timestamps.push(head.timestamp.micros());
        self.operations.append_value(head.operation);
        self.versions.push(head.version);
        self.parents.append_option(head.parent.map(|lineage| lineage.to_string()));
    }

    /// The values of a document.
    fn document<'v>(&mut self, values: impl Iterator<Item = ValueRef<'v>>) -> Result<()> {
        (0..self.columns.len()).zip(values).try_for_each(|(at, value)| self.push(at, value))
    }

    /// The values of an id, and NULL in every other column; of no id, NULL in all.
    fn id(&mut self, values: &[ValueRef<'_>]) -> Result<()> {
        for at in 0..self.columns.len() {
            let place = self.mapped.schema.id.iter().position(|&column| column == at);
            let value = place.and_then(|place| values.get(place)).unwrap_or(&ValueRef::Null);
            self.push(at, *value)?;
        }
        Ok(())
    }

    fn push(&mut self, at: usize, value: ValueRef<'_>) -> Result<()> {
        match (self.widened[at], value) {
            (Some(precision), ValueRef::Integer(unscaled)) => {
                let text = sortable_text(unscaled.into(), precision);
                self.columns[at].push(ValueRef::Text(&text))?;
            }
            _ => self.columns[at].push(value)?,
        }
        Ok(())
    }

    /// The rows as arrays; none are left.
    pub(crate) fn take(&mut self) -> Result<RecordBatch> {
        let mut taken = std::mem::replace(self, Self::new(&self.mapped, &self.schema)?);
        let timestamps = TimestampMicrosecondArray::from(taken.timestamps);
        let mut arrays: Vec<ArrayRef> = vec![
            Arc::new(taken.objects.finish()),
            Arc::new(taken.lineages.finish()),
            Arc::new(Int64Array::from(taken.sequences)),
            Arc::new(timestamps.with_timezone("UTC")),
            Arc::new(taken.operations.finish()),
            Arc::new(Int32Array::from(taken.versions)),
            Arc::new(taken.parents.finish()),
        ];
        let mut columns: Vec<Option<Column>> = taken.columns.into_iter().map(Some).collect();
        for field in taken.schema.fields.iter().skip(Role::Changelog.meta().len()) {
            let at = taken.mapped.schema.column(&field.name);
            let column = at.and_then(|at| columns[at].take());
            let column = column.ok_or_else(|| refused(&format!("the table's column `{}`", field.name)))?;
            arrays.push(column.into_arrow()?);
        }
        let arrow = taken.schema.arrow()?;
        RecordBatch::try_new(Arc::new(arrow), arrays).map_err(|error| refused(&error))
    }
}

/// Events as one batch.
pub(crate) fn batch_of(mapped: &Mapped, projection: &Schema, events: &[&CdcEvent]) -> Result<RecordBatch> {
    let mut rows = ChangeRows::new(mapped, projection)?;
    events.iter().try_for_each(|event| rows.add(&event.object, &event.as_ref()))?;
    rows.take()
}

fn widened(kind: Kind, table: &Type) -> Option<u8> {
    match (kind, table) {
        (Kind::Decimal { precision: ..=18, .. }, Type::Decimal { precision: precision @ 19.., .. }) => {
            Some(*precision)
        }
        _ => None,
    }
}
