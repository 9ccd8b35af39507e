//! What the object held at a moment: the newest snapshot before it, and the log from there on.
//!
//! Keeps invariant 3 over restores too: what was restored in between begins anew with the snapshot that it was restored from.

use std::collections::BTreeMap;

use crate::{
    Cause, Timestamp,
    cdc::{CdcOperation, EventRef, Lineage, SnapshotId},
    error::{During, Failure, Operation, Outcome, StorageError},
    hot::{Word, Words, present_word},
    value::RowBuf,
};
#[cfg(feature = "lake")]
use crate::{Db, hot::Arriving};

#[cfg(feature = "lake")]
use super::metadata::text;
use super::{
    Restored, SnapshotCollection, SnapshotError, SnapshotKind, SnapshotMetadata, Snapshots,
    contents::{Contents, key},
    create::finish,
    restore::Putting,
};

impl<'db> Snapshots<'db> {
    /// Takes a full snapshot of what the object held at a moment: from the newest snapshot that is not later, and the log
    /// after it up to the first event that is later than `time`; where the log has all, without a snapshot.
    ///
    /// Its timestamp is that moment. Documents of earlier schemas are in it as migrations have left them.
    ///
    /// # Errors
    /// [`SnapshotError::OutOfReach`]: no sound snapshot and no log reaches back, a restore in between was from a snapshot that
    /// is gone, or events are without documents (`capture = "keys"`, a gap). [`SnapshotError::Future`]. As [`Snapshots::create`].
    pub fn create_at(self, time: Timestamp) -> Result<SnapshotMetadata, StorageError> {
        let create = || {
            self.require_outside()?;
            self.require_past(time)?;
            self.db.atomically(|| self.take_at(time))
        };
        create().during_no_collection(Operation::Snapshot)
    }

    /// Takes the whole object back to a moment: [`Snapshots::create_at`] and [`Snapshots::restore`] of what it gives, in one
    /// transaction. The snapshot stays, for whoever follows the log.
    ///
    /// # Errors
    /// As there; nothing was changed then.
    ///
    /// ```
    /// # use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
    /// # use terrace::{Options, prelude::*};
    /// # #[derive(Collection)]
    /// # struct City { #[id] name: String, people: i64 }
    /// # static CLOCK: AtomicI64 = AtomicI64::new(0);
    /// # let clock = || Timestamp::from_micros(CLOCK.fetch_add(1_000_000, Relaxed));
    /// # let db = Options::new().clock(clock).open_in_memory(collections![City])?;
    /// db.insert(&City { name: "Bonn".into(), people: 330_000 })?;
    /// # let now = Timestamp::from_micros(CLOCK.fetch_add(1_000_000, Relaxed));
    /// db.delete::<City>("Bonn")?; // by mistake, after `now`
    /// db.snapshots().restore_to(now)?;
    /// assert!(db.get::<City>("Bonn")?.is_some());
    /// # Ok::<(), StorageError>(())
    /// ```
    pub fn restore_to(self, time: Timestamp) -> Result<Restored, StorageError> {
        let back = || {
            self.require_outside()?;
            self.require_past(time)?;
            self.db.replacing(|| {
                let id = self.take_at(time)?.id;
                Putting { contents: &self.contents(id)?, to: self.db }.run(None)
            })
        };
        back().during_no_collection(Operation::Snapshot)
    }

    /// Refuses a moment yet to come: what the object will hold then is not known.
    fn require_past(self, time: Timestamp) -> Outcome<()> {
        // a clock that was set back is behind the log
        let log = self.db.changes();
        let last = log.next_after(log.head_position()?.saturating_sub(1))?;
        let now = last.map_or(self.db.now(), |last| last.timestamp.max(self.db.now()));
        if time > now {
            return Err(SnapshotError::Future { time, now }.into());
        }
        Ok(())
    }

    fn take_at(self, time: Timestamp) -> Outcome<SnapshotMetadata> {
        let now = self.db.collections_now()?;
        let past = Past::of(self, time)?;
        let mut point = SnapshotMetadata {
            lineage: past.lineage,
            sequence: past.sequence,
            timestamp: time,
            ..self.begin(SnapshotKind::Full)?
        };
        let mut writer = self.db.begin_snapshot(point.id)?;
        for (name, of) in now {
            let documents = self.db.archive_each(name, &mut writer, |add| past.each_document(name, add))?;
            point.collections.push(SnapshotCollection::of_documents(name, of.schema, documents));
        }
        finish(point, writer)
    }

    /// The database that they are of.
    #[cfg(feature = "lake")]
    pub(crate) fn database(self) -> &'db Db {
        self.db
    }

    /// Ends a snapshot of a moment whose documents came from elsewhere; it has no position in the log.
    #[cfg(feature = "lake")]
    pub(crate) fn seal_arrived(
        self,
        mut arriving: Arriving<'_>,
        time: Timestamp,
        collections: Vec<SnapshotCollection>,
    ) -> Outcome<SnapshotMetadata> {
        let point = SnapshotMetadata {
            id: arriving.id(),
            lineage: Lineage([0; 16]),
            sequence: 0,
            timestamp: time,
            collections,
            ..self.begin(SnapshotKind::Full)?
        };
        let point = point.with_parts(arriving.digest()?);
        self.db.atomically(|| arriving.seal(&text(&point)?))?;
        Ok(point)
    }

    /// The newest sound snapshot of this object that is not later.
    fn before(self, time: Timestamp) -> Outcome<Option<Contents<'db>>> {
        let (all, head) = (self.readable()?, self.db.changes().head_position()?);
        for (_, metadata) in all.iter().rev().filter(|(_, metadata)| metadata.timestamp <= time) {
            // one that was fetched may be of another object, or of a history that the object no longer has
            if metadata.sequence <= head
                && self.db.lineage_at(metadata.sequence)? == Some(metadata.lineage)
                && let Some(contents) = self.sound_contents(metadata.id)?
            {
                return Ok(Some(contents));
            }
        }
        Ok(None)
    }
}

/// What an object held at a moment.
struct Past<'a> {
    snapshots: Snapshots<'a>,
    time: Timestamp,
    sequence: u64,
    lineage: Lineage,
    /// What collections begin with that were not restored since.
    start: Option<SnapshotId>,
    collections: BTreeMap<String, Since>,
    /// Everything that is begun with.
    contents: BTreeMap<SnapshotId, Contents<'a>>,
}

/// What happened to a collection.
#[derive(Default)]
struct Since {
    /// The snapshot that it was restored from.
    restored: Option<SnapshotId>,
    words: Words,
}

impl<'a> Past<'a> {
    fn of(snapshots: Snapshots<'a>, time: Timestamp) -> Outcome<Self> {
        let start = snapshots.before(time)?;
        let known = start.as_ref().map(|start| start.chain.last());
        let mut past = Self {
            snapshots,
            time,
            sequence: known.map_or(0, |known| known.sequence),
            lineage: known.map_or_else(|| snapshots.db.present_lineage(), |known| Ok(known.lineage))?,
            start: known.map(|known| known.id),
            collections: BTreeMap::new(),
            contents: start.into_iter().map(|start| (start.chain.last().id, start)).collect(),
        };
        past.follow()?;
        past.load_restored()?;
        Ok(past)
    }

    /// Takes in the events up to the first later one.
    fn follow(&mut self) -> Outcome<()> {
        let after = self.sequence;
        let mut events = match self.snapshots.db.changes().events(after) {
            Err(Failure { cause: Cause::Pruned { pruned_to, .. }, .. }) => {
                return Err(self.out_of_reach(&format!(
                    "the log begins with event {}, and no sound snapshot reaches up to it",
                    pruned_to + 1
                )));
            }
            events => events?,
        };
        while let Some(row) = events.next_row()? {
            for event in events.of(&row) {
                let event = event?;
                if event.operation == CdcOperation::Gap {
                    let problem = format!("the log has a gap up to event {}", event.sequence);
                    return Err(self.out_of_reach(&problem));
                }
                if event.timestamp > self.time {
                    if event.sequence == 1 && self.start.is_none() {
                        return Err(self.out_of_reach(&format!("the object begins at {}", event.timestamp)));
                    }
                    return Ok(());
                }
                self.take(&event)?;
                (self.sequence, self.lineage) = (event.sequence, event.lineage);
            }
        }
        Ok(())
    }

    /// Reads what collections were restored from last.
    fn load_restored(&mut self) -> Outcome<()> {
        for (name, since) in &self.collections {
            let Some(id) = since.restored.filter(|id| !self.contents.contains_key(id)) else { continue };
            let restored = self.snapshots.sound_contents(id)?.ok_or_else(|| {
                self.out_of_reach(&format!(
                    "`{name}` was restored before from the snapshot {id}, which is gone"
                ))
            })?;
            self.contents.insert(id, restored);
        }
        Ok(())
    }

    fn take(&mut self, event: &EventRef<'_>) -> Outcome<()> {
        let name = event.schema.map(|schema| schema.stored.name.clone());
        match (name, event.operation, event.snapshot) {
            (Some(name), CdcOperation::Restore, Some(id)) => {
                self.collections.insert(name, Since { restored: Some(id), words: Words::new() });
            }
            // a fork changes no document
            (None, CdcOperation::Restore, _) => {}
            (Some(name), _, _) if let Some((key, word)) = present_word(event)? => {
                self.collections.entry(name).or_default().words.insert(key, word);
            }
            _ => {
                let event = event.sequence;
                return Err(
                    self.out_of_reach(&format!("event {event} of the log does not hold its document"))
                );
            }
        }
        Ok(())
    }

    /// Runs `each` over the documents of a collection, as the present schema has them.
    fn each_document(&self, name: &str, each: &mut dyn FnMut(&RowBuf) -> Outcome<()>) -> Outcome<()> {
        let nothing = Since::default();
        let since = self.collections.get(name).unwrap_or(&nothing);
        let begins = since.restored.or(self.start).and_then(|id| self.contents.get(&id));
        if let Some(contents) = begins {
            let id = self.snapshots.db.declared(name)?.id;
            contents.each_present(name, &mut |row| {
                let is_said = !since.words.is_empty() && since.words.contains_key(&key(id, row)?);
                if is_said { Ok(()) } else { each(row) }
            })?;
        }
        since.words.values().filter_map(|Word { row, .. }| row.as_ref()).try_for_each(each)
    }

    fn out_of_reach(&self, problem: &str) -> Failure {
        SnapshotError::OutOfReach { time: self.time, problem: problem.to_owned() }.into()
    }
}
