//! The columns that are read of a file, and the filter over them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use arrow_array::{ArrayRef, BooleanArray, RecordBatch};
use arrow_buffer::BooleanBuffer;
use arrow_schema::ArrowError;

use super::{
    super::iceberg::{Field, Schema},
    error::{FileError, Outcome},
    plan::Opened,
    predicate::Node,
    project::{Projection, Source, repeated},
    prune::Possible,
    scan::Scan,
    schema::arrow_type,
};

/// Some columns of the file.
#[derive(Debug)]
pub(super) struct Columns {
    /// Their leaves in the file, in order.
    pub(super) leaves: Vec<usize>,
    pub(super) projection: Projection,
}

/// A filter over columns of the file.
#[derive(Debug)]
pub(super) struct Filter {
    pub(super) node: Node,
    /// The ids of the columns, in order.
    fields: Vec<i32>,
    pub(super) columns: Columns,
}

impl Columns {
    /// The columns of `schema`.
    pub(super) fn of(schema: &Schema, file: &Opened, scan: &Scan) -> Outcome<Self> {
        let sources: Outcome<Vec<Source>> =
            schema.fields.iter().map(|field| file.source(field, scan)).collect();
        Self::new(schema, &sources?)
    }

    fn new(schema: &Schema, sources: &[Source]) -> Outcome<Self> {
        let leaf = |source: &Source| if let Source::File(leaf) = source { Some(*leaf) } else { None };
        let mut leaves: Vec<usize> = sources.iter().filter_map(leaf).collect();
        leaves.sort_unstable();
        leaves.dedup();
        let projection = Projection::new(schema, sources, &leaves)?;
        Ok(Self { leaves, projection })
    }
}

impl Filter {
    /// The filter of the scan over a file; none when it is true for every row.
    pub(super) fn new(file: &Opened, scan: &Scan) -> Outcome<Option<Arc<Self>>> {
        let mut fields: Vec<Field> = Vec::new();
        scan.predicate.0.each_leaf(&mut |leaf| fields.push(leaf.as_field()));
        fields.sort_unstable_by_key(|field| field.id);
        fields.dedup_by_key(|field| field.id);
        let sources: Outcome<Vec<Source>> = fields.iter().map(|field| file.source(field, scan)).collect();
        let (mut constants, mut there) = (HashMap::new(), Vec::new());
        for (field, source) in fields.into_iter().zip(sources?) {
            match (source, arrow_type(&field.kind)) {
                (Source::Constant(one), Some(arrow)) => {
                    constants.insert(field.id, repeated(one.as_ref(), &arrow, 1)?);
                }
                (source, _) => there.push((field, source)),
            }
        }
        let node = scan.predicate.0.with_known(&|leaf| {
            let array: &ArrayRef = constants.get(&leaf.field)?;
            Some(leaf.of_one(array))
        });
        if node.possible(&|_| Possible::ANY).is_certain() {
            return Ok(None);
        }
        let (fields, sources): (Vec<Field>, Vec<Source>) = there.into_iter().unzip();
        let ids = fields.iter().map(|field| field.id).collect();
        let columns = Columns::new(&Schema::new(0, fields), &sources)?;
        Ok(Some(Arc::new(Self { node, fields: ids, columns })))
    }

    /// Which rows of the batch it is true for; `found` gets them too.
    pub(super) fn test(
        &self,
        batch: &RecordBatch,
        found: &Mutex<Vec<BooleanBuffer>>,
    ) -> Result<BooleanArray, ArrowError> {
        let failed = |error: FileError| ArrowError::ExternalError(Box::new(error));
        let arrays = self.columns.projection.arrays(batch).map_err(failed)?;
        let columns = self.fields.iter().copied().zip(arrays).collect();
        let verdicts = self.node.evaluate(batch.num_rows(), &columns);
        found.lock().unwrap_or_else(PoisonError::into_inner).push(verdicts.yes.clone());
        Ok(BooleanArray::new(verdicts.yes, None))
    }
}

impl Opened {
    fn source(&self, field: &Field, scan: &Scan) -> Outcome<Source> {
        Source::of(field, &self.leaves, &scan.fills)
    }
}
