//! The writers of a sync: one for each collection that has events, all of one lineage.

use std::collections::BTreeMap;

use crate::{
    Db, Timestamp,
    cdc::{EventRef, Lineage, SnapshotId},
    cold::{ChangeFile, ChangelogWriter, DataFile, Delivery},
    error::Outcome,
    value::Row,
};

use super::Outbound;

/// How many files wait for one commit.
const FILES_PER_COMMIT: usize = 16;

/// What is on its way to the tables.
#[derive(Default)]
pub(super) struct Writers {
    /// That of every event that was given.
    pub(super) lineage: Option<Lineage>,
    lanes: BTreeMap<usize, Lane>,
}

impl Writers {
    /// What is on its way to the table of the collection at this position.
    pub(super) fn of(&mut self, collection: usize) -> &mut Lane {
        self.lanes.entry(collection).or_default()
    }
}

/// What is on its way to one table.
#[derive(Default)]
pub(super) struct Lane {
    writer: Option<ChangelogWriter>,
    lineage: Option<Lineage>,
    files: Vec<DataFile>,
    until: u64,
    /// Rows that were given.
    pub(super) events: u64,
}

impl Outbound<'_> {
    /// Gives an event to the writer, unless the table holds it.
    pub(super) async fn send(&mut self, lane: &mut Lane, event: &EventRef<'_>) -> Outcome<()> {
        if self.watermark(event.lineage).is_some_and(|at| event.sequence <= at) {
            return Ok(());
        }
        let file = self.writer(lane, event.lineage)?.add(event)?;
        lane.events += 1;
        self.keep(lane, file).await?;
        if lane.files.len() >= FILES_PER_COMMIT { self.deliver(lane).await } else { Ok(()) }
    }

    /// Gives the documents of a snapshot that was restored to the writer, all with the position of the event that says so.
    /// They are committed together, so that the watermark does not stand between them. False where the snapshot is no longer
    /// there.
    pub(super) async fn send_restored(
        &mut self,
        db: &Db,
        lane: &mut Lane,
        event: &EventRef<'_>,
        snapshot: SnapshotId,
    ) -> Outcome<bool> {
        if self.watermark(event.lineage).is_some_and(|at| event.sequence <= at) {
            return Ok(true);
        }
        let mut files = Vec::new();
        let mut rows = 0;
        let writer = self.writer(lane, event.lineage)?;
        let name = &self.mapped.schema.name;
        let sent = db.snapshots().each_restored(snapshot, name, &mut |row| {
            let row = row.map(|row| row as &dyn Row);
            files.extend(writer.add_read(event.sequence, event.timestamp, row)?);
            rows += 1;
            Ok(())
        })?;
        if !sent {
            files.extend(writer.add_gap(event.sequence, event.timestamp)?);
        }
        lane.events += rows;
        for file in files {
            self.keep(lane, Some(file)).await?;
        }
        Ok(sent)
    }

    /// Says that there was no document at a position, if the table has any of an object of this name.
    pub(super) async fn begin_life(&mut self, lineage: Lineage, at: u64, time: Timestamp) -> Outcome<()> {
        match self.last_time().await? {
            Some(_) => self.deliver_one(lineage, |writer| writer.add_read(at, time, None)).await,
            None => Ok(()),
        }
    }

    /// When the last event happened that the table has of an object of this name.
    pub(super) async fn last_time(&self) -> Outcome<Option<Timestamp>> {
        self.table.last_time(&self.mapped, &self.object).await
    }

    /// Says that events are missing from a position on, after a time.
    pub(super) async fn mark_gap(&mut self, lineage: Lineage, from: u64, time: Timestamp) -> Outcome<()> {
        self.deliver_one(lineage, |writer| writer.add_gap(from, time)).await
    }

    /// Commits one row by itself.
    async fn deliver_one(
        &mut self,
        lineage: Lineage,
        add: impl FnOnce(&mut ChangelogWriter) -> Outcome<Option<ChangeFile>>,
    ) -> Outcome<()> {
        let mut lane = Lane::default();
        let file = add(self.writer(&mut lane, lineage)?)?;
        self.keep(&mut lane, file).await?;
        self.deliver(&mut lane).await
    }

    /// Up to which position, and in which lineage, the table has all events: what was acknowledged, unless it has lost some.
    pub(super) fn holds_to(&self, lineages: &[(u64, Lineage)], acknowledged: u64) -> Option<(u64, Lineage)> {
        let ends = lineages.iter().skip(1).map(|(first, _)| first - 1).chain([u64::MAX]);
        let held = |((_, lineage), end): (&(u64, Lineage), u64)| {
            self.watermark(*lineage).map(|at| (at.min(end), *lineage))
        };
        let held = lineages.iter().zip(ends).filter_map(held).last();
        let acknowledged = if self.has_lost() { 0 } else { acknowledged };
        let last = lineages.iter().rev().find(|(first, _)| *first <= acknowledged);
        let proven = last.map(|(_, lineage)| (acknowledged, *lineage));
        let none = lineages.first().map(|(_, lineage)| (0, *lineage));
        held.max(proven).or(none)
    }

    /// The writer of a lineage.
    pub(super) fn writer<'w>(
        &self,
        lane: &'w mut Lane,
        lineage: Lineage,
    ) -> Outcome<&'w mut ChangelogWriter> {
        lane.lineage = Some(lineage);
        if lane.writer.is_none() {
            lane.writer =
                Some(ChangelogWriter::new(&self.mapped, self.table.metadata(), &self.object, lineage)?);
        }
        lane.writer.as_mut().ok_or_else(|| crate::error::Cause::NotOpened.into())
    }

    /// Stores a file, if there is one.
    pub(super) async fn keep(&mut self, lane: &mut Lane, file: Option<ChangeFile>) -> Outcome<()> {
        let (Some(file), Some(lineage)) = (file, lane.lineage) else { return Ok(()) };
        lane.until = file.until;
        self.done.files += 1;
        self.done.bytes += file.bytes.len() as u64;
        lane.files.push(self.table.store_changes(&self.object, lineage, file).await?);
        Ok(())
    }

    /// Commits what was written.
    pub(super) async fn deliver(&mut self, lane: &mut Lane) -> Outcome<()> {
        let last = lane.writer.as_mut().map(ChangelogWriter::end).transpose()?.flatten();
        self.keep(lane, last).await?;
        let Some(lineage) = lane.lineage.filter(|_| !lane.files.is_empty()) else { return Ok(()) };
        let delivery = Delivery {
            collection: self.mapped.schema.name.clone(),
            object: self.object.to_string(),
            lineage: lineage.to_string(),
            after: self.watermark(lineage),
            until: lane.until,
            files: std::mem::take(&mut lane.files),
        };
        let rows: i64 = delivery.files.iter().map(|file| file.record_count).sum();
        self.done.events += rows.unsigned_abs();
        self.done.snapshot = self.table.deliver(&[delivery]).await?.or(self.done.snapshot);
        self.watermarks.insert(lineage, lane.until);
        self.written = Some((lineage, lane.until));
        Ok(())
    }
}
