//! What one object held at a time, and whether the lake reaches back to it.

use std::collections::BTreeMap;

use crate::{
    Timestamp,
    error::Outcome,
    filter::{Comparison, Predicate},
    schema::Schema as Declared,
    value::{Row, Value},
};

use super::{
    change_rows::SNAPSHOT,
    changes::{Marks, of_changelog, of_object},
    error::{LakeError, Result},
    find::{LakeRows, Question},
    lake::Lake,
    mapping::{Mapped, OPERATION, SEQUENCE},
    parquet::BatchRows,
    scan::{Scan, ScanStat, Scanned, Wanted, files},
    view::{At, View},
};

/// The operation of a row that stands for events which the lake never got.
const GAP: &str = "GAP";

/// Where the history of an object begins in a changelog, and begins again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reach {
    /// Whether the object's first event is there.
    pub(crate) has_first: bool,
    /// When every document was read anew.
    read: Vec<Timestamp>,
    /// When events are missing.
    gaps: Vec<Timestamp>,
}

impl Reach {
    /// Whether all that had happened by a time is known; `has_first` says whether the lake has the object from its first event on.
    pub(crate) fn covers(&self, time: Timestamp, has_first: bool) -> bool {
        let last = |of: &[Timestamp]| of.iter().copied().filter(|at| *at <= time).max();
        match (last(&self.read), last(&self.gaps)) {
            (None, None) => has_first,
            (read, gap) => read >= gap,
        }
    }
}

impl Lake {
    /// Where the history of an object's collection begins; nothing where the lake has no such collection.
    pub(crate) async fn reach(&self, schema: &'static Declared, object: &str) -> Result<Option<Reach>> {
        let view = match View::open(self, schema.name, At::Now).await {
            Err(failure) if is_no_table(&failure) => return Ok(None),
            view => view?,
        };
        let compare = |column: &'static str, value| Predicate::Compare {
            column: column.into(),
            comparison: Comparison::Eq,
            value,
        };
        let operation = |name: &str| compare(OPERATION.name, Value::Text(name.to_owned()));
        let marks = [compare(SEQUENCE.name, Value::Integer(1)), operation(SNAPSHOT), operation(GAP)];
        let predicate = Predicate::And(vec![of_object(object), Predicate::Or(marks.into())]);
        let mut projection = of_changelog(&Mapped::of(schema), &view.changelog)?;
        let own = super::mapping::Role::Changelog.meta();
        projection.fields.retain(|field| own.iter().any(|meta| meta.name == field.name));
        let wanted = Wanted { projection, fills: BTreeMap::new(), predicate };
        let mut stat = ScanStat::default();
        let entries = files(&view.changelog, view.changes()?, &wanted, i64::MIN, &mut stat).await?;
        let mut scan = Scan::over(&view.changelog, entries, wanted, stat);
        let mut reach = Reach::default();
        while let Some(Scanned { batch, .. }) = scan.next().await? {
            let marks = Marks::of(&batch)?;
            for row in 0..batch.num_rows() {
                reach.add(&marks, row);
            }
        }
        Ok(Some(reach))
    }

    /// Runs `each` over the documents that an object had at a time, as `schema` has them.
    pub(crate) async fn each_document_at(
        &self,
        schema: &'static Declared,
        object: &str,
        time: Timestamp,
        each: &mut dyn FnMut(&dyn Row) -> Outcome<()>,
    ) -> Result<()> {
        let view = View::open(self, schema.name, At::Time(time)).await?;
        let predicate = Predicate::And(Vec::new());
        let question = Question { schema, predicate, object: Some(object.to_owned()) };
        let mut rows = LakeRows::open(view, question, &[]).await?;
        while let Some((batch, layout)) = rows.next_rows().await? {
            let mut cells = BatchRows::new(&batch, &layout.projection);
            while cells.advance() {
                each(&layout.columns.row(&cells))?;
            }
        }
        Ok(())
    }
}

impl Reach {
    fn add(&mut self, marks: &Marks<'_>, row: usize) {
        let time = Timestamp::from_micros(marks.timestamp(row));
        match marks.operation(row) {
            SNAPSHOT => self.read.push(time),
            GAP => self.gaps.push(time),
            _ => self.has_first = true,
        }
    }
}

fn is_no_table(failure: &crate::error::Failure) -> bool {
    matches!(&failure.cause, crate::Cause::Lake(LakeError::NoTable { .. }))
}
