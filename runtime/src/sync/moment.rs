//! Going back to a moment that only the lake remembers.

use crate::{
    Cause, Db, Timestamp,
    cdc::{Checksum, Hasher},
    cold::{Known, Lake},
    error::{During, Operation, Outcome, StorageError},
    hot::Arriving,
    schema::{Capture, StoredSchema},
    snapshots::{Restored, SnapshotCollection, SnapshotError, SnapshotMetadata, Snapshots},
};

impl Snapshots<'_> {
    /// As [`Snapshots::create_at`]; where the log and the snapshots do not reach back, the lake's changelog is asked, after a
    /// sync. The snapshot has no position in the log then, so no other one builds on it.
    ///
    /// # Errors
    /// [`SnapshotError::OutOfReach`]: the lake does not reach back either. As [`Db::sync`] and [`Snapshots::create_at`].
    pub async fn create_at_from(
        self,
        lake: &Lake,
        time: Timestamp,
    ) -> Result<SnapshotMetadata, StorageError> {
        match self.create_at(time) {
            Err(error) if is_out_of_reach(&error.source) => {}
            taken => return taken,
        }
        let db = self.database();
        db.sync(lake).await?;
        let taken = async {
            let mut arriving = db.begin_arriving(db.new_snapshot_id())?;
            match gather(db, lake, time, &mut arriving).await {
                Ok(collections) => self.seal_arrived(arriving, time, collections),
                Err(failure) => {
                    arriving.abandon()?;
                    Err(failure)
                }
            }
        };
        taken.await.during_no_collection(Operation::Snapshot)
    }

    /// As [`Snapshots::restore_to`], with what the lake remembers: see [`Snapshots::create_at_from`].
    ///
    /// # Errors
    /// As there, and as [`Snapshots::restore`].
    ///
    /// ```
    /// # use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
    /// # use terrace::{Options, cold::Lake, hot::Retention, prelude::*};
    /// # #[derive(Collection)]
    /// # struct City { #[id] name: String, people: i64 }
    /// # static CLOCK: AtomicI64 = AtomicI64::new(0);
    /// # let clock = || Timestamp::from_micros(CLOCK.fetch_add(1_000_000, Relaxed));
    /// # futures_executor::block_on(async {
    /// # let lake = Lake::open("memory://").await?;
    /// # let db = Options::new().clock(clock).open_in_memory(collections![City])?;
    /// db.insert(&City { name: "Bonn".into(), people: 330_000 })?;
    /// # let last_year = Timestamp::from_micros(CLOCK.fetch_add(1_000_000, Relaxed));
    /// db.delete::<City>("Bonn")?;
    /// db.sync(&lake).await?; // and the log was pruned since
    /// # db.changes().prune(Retention { keep: 0, cap: None })?;
    /// db.snapshots().restore_to_from(&lake, last_year).await?;
    /// assert!(db.get::<City>("Bonn")?.is_some());
    /// # Ok::<(), StorageError>(())
    /// # }).unwrap();
    /// ```
    pub async fn restore_to_from(self, lake: &Lake, time: Timestamp) -> Result<Restored, StorageError> {
        let taken = self.create_at_from(lake, time).await?;
        self.restore(taken.id)
    }
}

fn is_out_of_reach(cause: &Cause) -> bool {
    matches!(cause, Cause::Snapshot(error) if matches!(**error, SnapshotError::OutOfReach { .. }))
}

/// Brings what the lake knows of a moment, collection by collection.
async fn gather(
    db: &Db,
    lake: &Lake,
    time: Timestamp,
    to: &mut Arriving<'_>,
) -> Outcome<Vec<SnapshotCollection>> {
    let object = db.object_id();
    let now = db.collections_now()?;
    let (mut known, mut reaches) = (Known::default(), Vec::new());
    for (name, _) in &now {
        reaches.push(lake.reach(db.declared(name)?, object, &mut known).await?);
    }
    if let Some(at) = known.unknown_at(time, &reaches) {
        let problem = format!("the lake's history of `{}` does not reach back without a gap", now[at].0);
        return Err(SnapshotError::OutOfReach { time, problem }.into());
    }
    let mut collections = Vec::new();
    for ((name, of), reach) in now.into_iter().zip(reaches) {
        let schema = db.declared(name)?;
        if schema.capture == Capture::Keys {
            let problem = format!("the events of `{name}` have no documents (`capture = \"keys\"`)");
            return Err(SnapshotError::OutOfReach { time, problem }.into());
        }
        let stored = StoredSchema::from(schema);
        to.begin_collection(of.schema, &stored)?;
        let (mut hasher, mut documents) = (Hasher::new(&stored), Checksum::default());
        if reach.is_some() {
            lake.each_document_at(schema, object, time, &mut |row| {
                documents.add(hasher.hash(row)?);
                to.add(row)
            })
            .await?;
        }
        collections.push(SnapshotCollection::of_documents(name, of.schema, documents));
    }
    Ok(collections)
}
