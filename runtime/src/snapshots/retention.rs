//! Which snapshots stay.
//!
//! Keeps invariant 10: a snapshot stays as long as one that stays builds on it, as it is held, or as a lake has not got what was
//! restored from it.

use std::{collections::BTreeSet, time::Duration};

use crate::{
    Db, Timestamp,
    calendar::civil,
    cdc::SnapshotId,
    error::{During, Operation, Outcome, StorageError},
    hot::StoredSnapshot,
};

use super::{SnapshotError, SnapshotMetadata, Snapshots};

/// Which snapshots stay; each rule keeps what it names, whatever the others say.
///
/// ```
/// # use terrace::{prelude::*, snapshots::{Keep, Tiers}};
/// # let db = Db::open_in_memory(collections![])?;
/// let keep = Keep { newest: 3, tiers: Tiers { daily: 7, weekly: 4, monthly: 12 }, ..Keep::default() };
/// assert!(db.snapshots().retain(keep)?.is_empty());
/// # Ok::<(), StorageError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keep {
    /// So many of the newest.
    pub newest: usize,
    /// All that are younger.
    pub younger_than: Option<Duration>,
    /// The last of each day, week and month.
    pub tiers: Tiers,
}

/// Of how many of the last days, weeks and months that have snapshots the last one stays. They are those of UTC, a week begins
/// on Monday.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tiers {
    /// Days.
    pub daily: usize,
    /// Weeks.
    pub weekly: usize,
    /// Months.
    pub monthly: usize,
}

impl Snapshots<'_> {
    /// Removes the snapshots that no rule keeps; gives their names.
    ///
    /// Whatever the rules say, these stay: those that are held, the newest from which the object can be restored, those that
    /// a lake still needs, and those that one of these builds on. So do those of other objects, which were fetched from an
    /// archive, and one whose metadata is damaged, until it is deleted.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn retain(self, keep: Keep) -> Result<Vec<SnapshotId>, StorageError> {
        self.db.atomically(|| self.retain_of(keep, &|_| true)).during_no_collection(Operation::Snapshot)
    }

    /// As [`Snapshots::retain`], of those of this object that the rules are for; all others stay.
    pub(super) fn retain_of(
        self,
        keep: Keep,
        rules_are_for: &dyn Fn(&SnapshotMetadata) -> bool,
    ) -> Outcome<Vec<SnapshotId>> {
        #[cfg(feature = "lake")]
        self.db.remove_left_behind()?;
        let all = self.readable()?;
        let is_own = |metadata: &SnapshotMetadata| metadata.object == self.db.object_id();
        let is_meant = |metadata: &SnapshotMetadata| is_own(metadata) && rules_are_for(metadata);
        let meant = all.iter().filter(|(_, metadata)| is_meant(metadata));
        let times = meant.map(|(stored, metadata)| (stored.id, metadata.timestamp));
        let mut kept = keep.named(times.collect(), self.db.now());
        for (stored, metadata) in &all {
            if stored.held || !is_meant(metadata) || waiting_lake(self.db, stored)?.is_some() {
                kept.insert(stored.id);
            }
        }
        let own = all.iter().rev().filter(|(_, metadata)| is_own(metadata)).map(|(stored, _)| stored.id);
        kept.extend(own.into_iter().find(|&id| self.chain(id).is_ok()));
        let mut children: Vec<SnapshotId> = kept.iter().copied().collect();
        while let Some(child) = children.pop() {
            let parent =
                all.iter().find(|(stored, _)| stored.id == child).and_then(|(_, child)| child.parent);
            children.extend(parent.filter(|&parent| kept.insert(parent)));
        }
        let mut removed = Vec::new();
        for (stored, _) in all.iter().filter(|(stored, _)| !kept.contains(&stored.id)) {
            self.db.remove_snapshot(stored.number)?;
            removed.push(stored.id);
        }
        Ok(removed)
    }
}

impl Keep {
    /// What the rules keep of snapshots that were taken at these moments, the oldest first where there are several of one moment.
    pub(super) fn named(self, mut all: Vec<(SnapshotId, Timestamp)>, now: Timestamp) -> BTreeSet<SnapshotId> {
        all.reverse();
        all.sort_by_key(|&(_, time)| std::cmp::Reverse(time));
        let mut kept: BTreeSet<SnapshotId> = all.iter().take(self.newest).map(|&(id, _)| id).collect();
        if let Some(age) = self.younger_than {
            let age = i64::try_from(age.as_micros()).unwrap_or(i64::MAX);
            let since = now.micros().saturating_sub(age);
            kept.extend(all.iter().filter(|(_, time)| time.micros() > since).map(|&(id, _)| id));
        }
        let Tiers { daily, weekly, monthly } = self.tiers;
        for (periods, period) in [(daily, day as fn(Timestamp) -> i64), (weekly, week), (monthly, month)] {
            let mut seen = BTreeSet::new();
            for &(id, time) in &all {
                let is_last = seen.insert(period(time));
                if is_last && seen.len() <= periods {
                    kept.insert(id);
                }
            }
        }
        kept
    }
}

/// The day of a moment, counted from 1970-01-01.
fn day(time: Timestamp) -> i64 {
    time.micros().div_euclid(86_400_000_000)
}

/// The week of a moment: 1970-01-01 was a Thursday.
fn week(time: Timestamp) -> i64 {
    (day(time) + 3).div_euclid(7)
}

/// The month of a moment, counted from the year 0.
pub(super) fn month(time: Timestamp) -> i64 {
    let (year, month, _) = civil(day(time));
    year * 12 + month - 1
}

/// A lake that has not got what was restored from this snapshot.
fn waiting_lake(db: &Db, stored: &StoredSnapshot) -> Outcome<Option<String>> {
    if stored.restored == 0 {
        return Ok(None);
    }
    let waits =
        |(name, acknowledged): &(String, u64)| name.starts_with("lake ") && *acknowledged < stored.restored;
    Ok(db.changes().read_consumers()?.into_iter().find(waits).map(|(name, _)| name))
}

/// Refuses to remove a snapshot that is needed.
pub(super) fn require_free(db: &Db, all: &[StoredSnapshot], stored: &StoredSnapshot) -> Outcome<()> {
    let needed = |reason: String| SnapshotError::Needed { id: stored.id, reason };
    if stored.held {
        return Err(needed("it is held; release it first".to_owned()).into());
    }
    let builds = |other: &&StoredSnapshot| {
        super::metadata::parse(other).is_ok_and(|metadata| metadata.parent == Some(stored.id))
    };
    if let Some(child) = all.iter().find(builds) {
        return Err(needed(format!("{} builds on it; delete that one first", child.id)).into());
    }
    if let Some(lake) = waiting_lake(db, stored)? {
        let reason =
            format!("the {lake} has not got what was restored from it; sync, or remove that consumer");
        return Err(needed(reason).into());
    }
    Ok(())
}
