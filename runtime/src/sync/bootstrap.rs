//! When the log does not say all: a new lineage begins with every document as it is then, and what the lake held of the
//! object before counts no more. Needed where the log was pruned before the first sync, where events were discarded, and
//! where a table of the lake was lost.

use crate::{Timestamp, cdc::CdcOperation, cold::ChangeFile, error::Outcome};

use super::{Sync, SyncProgress, writers::Writers};

/// The position with which a lineage begins, the writers of its documents, and files of collections that are full.
type Begun = (u64, Writers, Vec<(usize, ChangeFile)>);

impl Sync<'_> {
    /// Begins a new lineage, sends what the log still has of the earlier ones, and then every document; gives the position
    /// with which the lineage begins.
    pub(super) async fn bootstrap(&mut self, progress: &mut impl FnMut(SyncProgress)) -> Outcome<u64> {
        let (begins, mut lanes, files) = self.read_documents()?;
        let log = self.db.changes();
        let first = log.first_position()?.saturating_sub(1);
        self.mark_gaps(first).await?;
        let mut writers = Writers::default();
        let mut events = log.events(first)?;
        'log: while let Some(row) = events.next_row()? {
            for event in events.of(&row) {
                let event = event?;
                progress(SyncProgress { events: event.sequence - first, of: begins - first });
                if event.sequence == begins {
                    self.deliver(&mut writers).await?;
                    for (at, collection) in self.collections.iter().enumerate() {
                        collection.writer(lanes.of(at), event.lineage)?.add(&event)?;
                    }
                    break 'log;
                }
                // of a restore whose snapshot is gone it is said that it is: what is read anew takes its place
                self.send(&mut writers, &event).await?;
            }
        }
        for (at, file) in files {
            self.collections[at].keep(lanes.of(at), Some(file)).await?;
        }
        self.deliver(&mut lanes).await?;
        Ok(begins)
    }

    /// Says in each table where the events end that it has, if some are missing up to where the log goes on, after `first` or a
    /// gap that the log begins with: what the lake says of the time after that is not all that there was.
    async fn mark_gaps(&mut self, first: u64) -> Outcome<()> {
        let begin = self.db.changes().next_after(first)?;
        let gap = begin.filter(|event| event.operation == CdcOperation::Gap);
        let missing_to = gap.map_or(first, |gap| gap.sequence);
        let lineages = self.db.lineages()?;
        let mut held = Vec::new();
        for of in &self.collections {
            let Some((to, lineage)) = of.holds_to(&lineages, self.acknowledged) else { return Ok(()) };
            let last = if to < missing_to { of.last_time().await? } else { None };
            held.push((to, lineage, last));
        }
        for (at, &(to, lineage, _)) in held.iter().enumerate().filter(|(_, (to, ..))| *to < missing_to) {
            // no event up to there is later than the last that any table has of them
            let known = held.iter().filter(|(other, ..)| *other <= to).filter_map(|(.., last)| *last).max();
            let time = known.unwrap_or(Timestamp::from_micros(0));
            self.collections[at].mark_gap(lineage, to + 1, time).await?;
        }
        Ok(())
    }

    /// Begins a new lineage, and writes every document as it is then, all with the position of its first event.
    fn read_documents(&self) -> Outcome<Begun> {
        let (mut lanes, mut files) = (Writers::default(), Vec::new());
        let names: Vec<&str> = self.collections.iter().map(|of| of.mapped.schema.name.as_str()).collect();
        let begins = self.db.begin_with_documents(&names, &mut |begin, at, row| {
            let writer = self.collections[at].writer(lanes.of(at), begin.lineage)?;
            let file = writer.add_read(begin.sequence, begin.timestamp, row)?;
            files.extend(file.map(|file| (at, file)));
            Ok(())
        })?;
        Ok((begins, lanes, files))
    }
}
