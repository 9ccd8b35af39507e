//! What one object held at a time, and whether the lake reaches back to it.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    Timestamp,
    cdc::CdcOperation,
    error::Outcome,
    filter::Predicate,
    schema::Schema as Declared,
    value::{Row, Value},
};

use super::{
    change_rows::SNAPSHOT,
    changes::{Marks, equals, of_changelog, of_object},
    error::{LakeError, Result},
    find::{LakeRows, Question},
    fold::Said,
    lake::Lake,
    mapping::{Mapped, OPERATION, Role, SEQUENCE},
    parquet::BatchRows,
    scan::{Scan, Scanned, Wanted},
    table::Table,
    view::{At, View},
};

/// What the changelogs of an object's collections say of its lineages, together.
#[derive(Debug, Default)]
pub(crate) struct Known(BTreeMap<u128, Begin>);

/// How a lineage begins.
#[derive(Clone, Copy, Debug)]
struct Begin {
    time: Timestamp,
    sequence: u64,
    /// The lineage that it goes on from; none of an object's first.
    parent: Option<u128>,
}

/// Where the history of a collection of an object begins anew in its changelog, and where it is interrupted.
#[derive(Debug, Default)]
pub(crate) struct Reach(Vec<Mark>);

#[derive(Debug)]
struct Mark {
    lineage: u128,
    sequence: u64,
    time: Timestamp,
    /// Every document was read; else events are missing.
    is_read: bool,
}

impl Known {
    /// The lineage that an object had at a time: the youngest of which anything is known.
    fn present_at(&self, time: Timestamp, reaches: &[Option<Reach>]) -> Option<u128> {
        let begun = self.0.iter().map(|(lineage, begin)| (begin.time, begin.sequence, false, *lineage));
        let marks = reaches.iter().flatten().flat_map(|reach| &reach.0);
        let marked = marks.map(|mark| (mark.time, mark.sequence, true, mark.lineage));
        begun.chain(marked).filter(|(at, ..)| *at <= time).max().map(|(.., lineage)| lineage)
    }

    /// The first of the collections with these marks of which not all is known that had happened by a time.
    pub(crate) fn unknown_at(&self, time: Timestamp, reaches: &[Option<Reach>]) -> Option<usize> {
        let present = self.present_at(time, reaches);
        reaches.iter().position(|reach| {
            let marks = reach.as_ref().map_or(&[][..], |reach| &reach.0);
            !self.covers(time, present, marks)
        })
    }

    /// Looks back from a lineage: to where documents were read anew, or to the object's first event.
    fn covers(&self, time: Timestamp, present: Option<u128>, marks: &[Mark]) -> bool {
        let (mut next, mut end, mut seen) = (present, u64::MAX, BTreeSet::new());
        while let Some(lineage) = next.filter(|lineage| seen.insert(*lineage)) {
            // events may be missing up to the one with which the next lineage begins
            let counts = |mark: &&Mark| {
                let before = if mark.is_read { mark.sequence < end } else { mark.sequence <= end };
                mark.lineage == lineage && mark.time <= time && before
            };
            if let Some(last) = marks.iter().filter(counts).max_by_key(|mark| (mark.sequence, mark.is_read)) {
                return last.is_read;
            }
            let Some(begin) = self.0.get(&lineage) else { return false };
            if begin.parent.is_none() || begin.sequence == 1 {
                return true;
            }
            (next, end) = (begin.parent, begin.sequence);
        }
        false
    }

    fn add(&mut self, reach: &mut Reach, marks: &Marks<'_>, row: usize) -> Result<()> {
        let time = Timestamp::from_micros(marks.timestamp(row));
        let (lineage, sequence) = (marks.lineage_number(row)?, marks.sequence(row));
        match Said::of(marks.operation(row)) {
            Some(said @ (Said::Snapshot | Said::Gap)) => {
                reach.0.push(Mark { lineage, sequence, time, is_read: said == Said::Snapshot });
            }
            Some(Said::Restore) => {
                let parent = marks.parent(row)?;
                self.0.insert(lineage, Begin { time, sequence, parent });
            }
            _ => {
                self.0.entry(lineage).or_insert(Begin { time, sequence, parent: None });
            }
        }
        Ok(())
    }
}

impl Lake {
    /// What a changelog says of an object's history; nothing where the lake has no such collection.
    pub(crate) async fn reach(
        &self,
        schema: &'static Declared,
        object: &str,
        known: &mut Known,
    ) -> Result<Option<Reach>> {
        let view = match View::open(self, schema.name, At::Now).await {
            Err(failure) if is_no_table(&failure) => return Ok(None),
            view => view?,
        };
        let operation = |name: &str| equals(OPERATION.name, Value::Text(name.to_owned()));
        let marks = [
            equals(SEQUENCE.name, Value::Integer(1)),
            operation(SNAPSHOT),
            operation(CdcOperation::Gap.name()),
            operation(CdcOperation::Restore.name()),
        ];
        let predicate = Predicate::And(vec![of_object(object), Predicate::Or(marks.into())]);
        let mut scan = of_own_columns(&Mapped::of(schema), &view.changelog, predicate).await?;
        let mut reach = Reach::default();
        while let Some(Scanned { batch, .. }) = scan.next().await? {
            let marks = Marks::of(&batch)?;
            (0..batch.num_rows()).try_for_each(|row| known.add(&mut reach, &marks, row))?;
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

impl Table<'_> {
    /// When the last event happened that a changelog has of an object.
    pub(crate) async fn last_time(&self, mapped: &Mapped, object: &str) -> Result<Option<Timestamp>> {
        let mut scan = of_own_columns(mapped, self, of_object(object)).await?;
        let mut last = None;
        while let Some(Scanned { batch, .. }) = scan.next().await? {
            let marks = Marks::of(&batch)?;
            last = last.max((0..batch.num_rows()).map(|row| marks.timestamp(row)).max());
        }
        Ok(last.map(Timestamp::from_micros))
    }
}

/// Reads terrace's own columns of a changelog.
async fn of_own_columns<'l>(
    mapped: &Mapped,
    changelog: &Table<'l>,
    predicate: Predicate,
) -> Result<Scan<'l>> {
    let mut projection = of_changelog(mapped, changelog)?;
    let own = Role::Changelog.meta();
    projection.fields.retain(|field| own.iter().any(|meta| meta.name == field.name));
    let wanted = Wanted { projection, fills: BTreeMap::new(), predicate };
    Scan::of(changelog, changelog.metadata().snapshot(), wanted).await
}

fn is_no_table(failure: &crate::error::Failure) -> bool {
    matches!(&failure.cause, crate::Cause::Lake(LakeError::NoTable { .. }))
}
