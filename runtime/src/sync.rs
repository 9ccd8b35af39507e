//! From the log to the lake.
//!
//! Stands above `hot` and `cold` and joins them. Keeps invariants 4 and 5: an event goes into the changelog table of its
//! collection unless the table's watermark says that it is there; the log's consumer of this lake acknowledges only what was
//! read back from the tables, and only then is the log pruned.

mod bootstrap;
mod moment;
mod writers;

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    Db,
    cdc::{CdcEvent, CdcOperation, EventRef, Lineage, SnapshotId},
    cold::{Lake, LakeFind, Mapped, Table},
    error::{During, Operation, Outcome, StorageError},
    hot::{Consumer, Pruned, Remembered, Retention},
    schema::Collection,
    snapshots::SnapshotError,
};

use writers::Writers;

/// After how many events the progress is told.
const PROGRESS_EVENTS: u64 = 4_096;

/// How many of the newest events stay in the log after a sync, for consumers without a name.
const KEPT_EVENTS: u64 = 10_000;

/// What a sync did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyncResult {
    /// How many rows went to the lake: one for each event, and for each document where documents had to be read anew.
    pub events: u64,
    /// The position up to which the lake is proven to hold the log.
    pub watermark: u64,
    /// What was done for each collection that had events.
    pub collections: Vec<CollectionSync>,
    /// What was removed from the log.
    pub pruned: Pruned,
}

/// What a sync did for a collection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CollectionSync {
    /// The collection.
    pub collection: String,
    /// How many rows its changelog table got.
    pub events: u64,
    /// In how many files.
    pub files: u64,
    /// Of how many bytes.
    pub bytes: u64,
    /// The table's snapshot that holds them.
    pub snapshot: Option<i64>,
}

/// How far a lake is behind an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyncState {
    /// The position up to which the lake is proven to hold the log; 0 before the first sync.
    pub watermark: u64,
    /// How many events it does not hold yet.
    pub pending: u64,
}

/// How far a sync has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyncProgress {
    /// The events that were read.
    pub events: u64,
    /// All that are to be read.
    pub of: u64,
}

impl Db {
    /// Brings every event that the lake lacks into it, and prunes the log of what the lake is proven to hold and every
    /// consumer has acknowledged; the newest 10,000 events stay.
    ///
    /// It can be interrupted anywhere and called again, by several processes at once: each event is in the lake once.
    ///
    /// # Errors
    /// The lake cannot be reached or refuses; a column does not fit its table; the database cannot be read.
    ///
    /// ```
    /// # use terrace::{cold::Lake, prelude::*};
    /// # #[derive(Collection)]
    /// # struct City { #[id] name: String }
    /// # futures_executor::block_on(async {
    /// # let db = Db::open_in_memory(collections![City])?;
    /// db.insert(&City { name: "Bonn".into() })?;
    /// let lake = Lake::open("memory://").await?;
    /// assert_eq!(db.sync(&lake).await?.watermark, 1);
    /// assert_eq!(db.sync(&lake).await?.events, 0);
    /// # Ok::<(), StorageError>(())
    /// # }).unwrap();
    /// ```
    pub async fn sync(&self, lake: &Lake) -> Result<SyncResult, StorageError> {
        self.sync_with_progress(lake, |_| {}).await
    }

    /// As [`Db::sync`], and tells how far it has come.
    ///
    /// # Errors
    /// As there.
    pub async fn sync_with_progress(
        &self,
        lake: &Lake,
        progress: impl FnMut(SyncProgress),
    ) -> Result<SyncResult, StorageError> {
        Sync::run(self, lake, progress).await.during_no_collection(Operation::Sync)
    }

    /// How far a lake is behind. Asks the database alone.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn sync_state(&self, lake: &Lake) -> Result<SyncState, StorageError> {
        let name = consumer(lake);
        let found = self.changes().consumers()?.into_iter().find(|(known, _)| *known == name);
        let watermark = found.map_or(0, |(_, acknowledged)| acknowledged);
        Ok(SyncState { watermark, pending: self.changes().head()?.saturating_sub(watermark) })
    }
}

/// The name of a lake among the consumers of a log.
fn consumer(lake: &Lake) -> String {
    format!("lake {}", lake.url())
}

/// A sync that is running.
struct Sync<'a> {
    db: &'a Db,
    lake: &'a Lake,
    /// The position that the lake had acknowledged; 0 where it is not the lake that did.
    acknowledged: u64,
    collections: Vec<Outbound<'a>>,
}

/// A collection on its way.
struct Outbound<'a> {
    object: Arc<str>,
    mapped: Mapped,
    table: Table<'a>,
    /// Up to where the table holds each lineage of the object; one that is missing, not at all.
    watermarks: BTreeMap<Lineage, u64>,
    /// What the last sync left.
    remembered: Option<Remembered>,
    /// What this one has brought the table to.
    written: Option<(Lineage, u64)>,
    done: CollectionSync,
}

impl<'a> Sync<'a> {
    async fn run(db: &'a Db, lake: &'a Lake, mut progress: impl FnMut(SyncProgress)) -> Outcome<SyncResult> {
        let log = db.changes();
        let consumer = log.register(&consumer(lake))?;
        // Before what was remembered is read: what another process acknowledges meanwhile is not taken for that of a lake
        // which has lost everything.
        let acknowledged = consumer.acknowledged()?;
        let mut sync = Self { db, lake, acknowledged, collections: Vec::new() };
        sync.open().await?;
        let mut after = match sync.resume(log.first_position()?) {
            Some(after) => {
                sync.begin_lives(after).await?;
                after
            }
            None => sync.bootstrap(&mut progress).await?,
        };
        let head = loop {
            match sync.events(after, &mut progress).await? {
                Some(head) => break head,
                None => after = sync.bootstrap(&mut progress).await?,
            }
        };
        sync.remember(&consumer, head)?;
        let pruned = log.prune(Retention { keep: KEPT_EVENTS, cap: None })?;
        let collections: Vec<CollectionSync> =
            sync.collections.into_iter().map(|of| of.done).filter(|done| done.events > 0).collect();
        let events = collections.iter().map(|done| done.events).sum();
        Ok(SyncResult { events, watermark: head, collections, pruned })
    }

    /// Opens the changelog table of every collection that the object has.
    async fn open(&mut self) -> Outcome<()> {
        let object: Arc<str> = self.db.object_id().into();
        let lineages = self.db.lineages()?;
        for (stored, opened) in self.db.present_schemas() {
            let mapped = opened.map_or_else(|| Mapped::stored(&stored), Mapped::of);
            let table = self.lake.changelog_for(&mapped).await?;
            let remembered = self.db.remembered(self.lake.url(), &stored.name)?;
            let lineages = lineages.iter().map(|(_, lineage)| *lineage);
            let watermarks = table.watermarks(&object, lineages).await?;
            self.collections.push(Outbound {
                object: object.clone(),
                mapped,
                table,
                watermarks,
                remembered,
                written: None,
                done: CollectionSync { collection: stored.name, ..CollectionSync::default() },
            });
        }
        Ok(())
    }

    /// Where a table that this object has not written to has documents of one of the same name, says that there are none up to
    /// a position: they are of an earlier life of the object.
    async fn begin_lives(&mut self, after: u64) -> Outcome<()> {
        let is_new = |of: &Outbound<'_>| of.remembered.is_none() && of.watermarks.is_empty();
        if !self.collections.iter().any(is_new) {
            return Ok(());
        }
        let next = self.db.changes().next_after(after)?;
        let Some(lineage) = self.db.lineage_at(after)? else { return Ok(()) };
        if next.as_ref().is_some_and(|next| next.operation == CdcOperation::Gap) {
            return Ok(()); // every document is read anew then
        }
        let time = next.map_or_else(|| self.db.now(), |next| next.timestamp);
        for collection in self.collections.iter_mut().filter(|of| is_new(of)) {
            collection.begin_life(lineage, after, time).await?;
        }
        Ok(())
    }

    /// After which position the sync goes on; nothing where the log does not reach back so far.
    fn resume(&mut self, first: u64) -> Option<u64> {
        if self.collections.iter().all(|of| of.remembered.is_none()) {
            // where the log began when the lake was named, not what it was proven to hold
            let is_new = std::mem::take(&mut self.acknowledged) > 0;
            return (!is_new || first == 1).then_some(0);
        }
        let from_the_start = self.collections.iter().any(Outbound::has_lost);
        if from_the_start { (first == 1).then_some(0) } else { Some(self.acknowledged) }
    }

    /// Sends the events after a position; gives that of the last, or nothing when the log has a gap.
    async fn events(&mut self, after: u64, progress: &mut impl FnMut(SyncProgress)) -> Outcome<Option<u64>> {
        let mut events = self.db.changes().events(after)?;
        let head = events.head();
        let mut writers = Writers::default();
        while let Some(row) = events.next_row()? {
            for event in events.of(&row) {
                let event = event?;
                if event.operation == CdcOperation::Gap {
                    return Ok(None);
                }
                if !self.send(&mut writers, &event).await? {
                    return Ok(None);
                }
                if event.sequence % PROGRESS_EVENTS == 0 {
                    progress(SyncProgress { events: event.sequence - after, of: head - after });
                }
            }
        }
        self.deliver(&mut writers).await?;
        progress(SyncProgress { events: head - after, of: head - after });
        Ok(Some(head))
    }

    /// Gives an event to the writer of its collection, or to all: a new lineage is of the whole object. False where it is the
    /// restore of a snapshot that is no longer there.
    async fn send(&mut self, writers: &mut Writers, event: &EventRef<'_>) -> Outcome<bool> {
        if writers.lineage.is_some_and(|lineage| lineage != event.lineage) {
            self.deliver(writers).await?;
        }
        writers.lineage = Some(event.lineage);
        for (at, collection) in self.collections.iter_mut().enumerate() {
            if event.collection().is_none_or(|name| name == collection.mapped.schema.name) {
                let sent = match event.snapshot {
                    None => collection.send(writers.of(at), event).await.map(|()| true)?,
                    Some(snapshot) => {
                        collection.send_restored(self.db, writers.of(at), event, snapshot).await?
                    }
                };
                if !sent {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// Commits what was written.
    async fn deliver(&mut self, writers: &mut Writers) -> Outcome<()> {
        for (at, collection) in self.collections.iter_mut().enumerate() {
            collection.deliver(writers.of(at)).await?;
        }
        *writers = Writers::default();
        Ok(())
    }

    /// Acknowledges what the tables are proven to hold.
    fn remember(&self, consumer: &Consumer<'_>, head: u64) -> Outcome<()> {
        let present = self.db.present_lineage()?;
        let written = self.collections.iter().filter_map(|of| {
            // of one without events it is remembered that it is known
            let nothing = of.remembered.is_none().then_some((present, 0));
            let (lineage, sequence) = of.written.or(nothing)?;
            let table = of.table.metadata().table_uuid.into_bytes();
            Some((of.mapped.schema.name.as_str(), Remembered { table, lineage, sequence }))
        });
        consumer.remember(self.lake.url(), head, &written.collect::<Vec<_>>())
    }
}

impl Outbound<'_> {
    /// Up to where the table holds a lineage.
    fn watermark(&self, lineage: Lineage) -> Option<u64> {
        self.watermarks.get(&lineage).copied()
    }

    /// Whether the table is not the one that it was, or holds less.
    fn has_lost(&self) -> bool {
        self.remembered.is_some_and(|known| {
            let uuid = self.table.metadata().table_uuid.into_bytes();
            let holds = self.watermark(known.lineage).unwrap_or(0);
            known.sequence > 0 && (known.table != uuid || holds < known.sequence)
        })
    }
}

impl<T: Collection> LakeFind<'_, T> {
    /// With what the object holds and the lake does not yet: the answer is then exact for this object.
    ///
    /// # Errors
    /// The log cannot be read.
    pub fn with(self, db: &Db) -> Result<Self, StorageError> {
        let state = db.sync_state(self.lake())?;
        let mut events = Vec::new();
        for event in db.changes().since(state.watermark)? {
            let event = event?;
            if event.collection().is_some_and(|name| name != T::SCHEMA.name) {
                continue;
            }
            let restored = event.snapshot.map(|snapshot| documents_of(db, snapshot, T::SCHEMA.name, &event));
            let restored = restored.transpose().during(Operation::Find, T::SCHEMA.name)?;
            events.push(event);
            events.extend(restored.into_iter().flatten());
        }
        Ok(self.with_events(events))
    }
}

/// The documents of a snapshot, each as if it had been inserted with the event that restored it.
fn documents_of(
    db: &Db,
    snapshot: SnapshotId,
    collection: &str,
    restore: &CdcEvent,
) -> Outcome<Vec<CdcEvent>> {
    let mut events = Vec::new();
    let found = db.snapshots().each_restored(snapshot, collection, &mut |row| {
        events.extend(row.map(|row| restore.inserting(row)).transpose()?);
        Ok(())
    })?;
    if found { Ok(events) } else { Err(SnapshotError::NotFound { id: snapshot }.into()) }
}
