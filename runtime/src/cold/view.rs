//! A collection of the lake at one moment: the state table at a snapshot, and the changes that came after it.

use crate::Timestamp;

use super::{
    error::{LakeError, Result},
    iceberg::{Snapshot, TableMetadata},
    lake::Lake,
    mapping::Role,
    table::Table,
};

/// In the summary of a snapshot of the state table: up to which sequence number of the changelog table it holds every change.
pub(crate) const FOLDED: &str = "terrace.folded";

/// When the latest of these changes was committed in its object, in microseconds since 1970 UTC.
pub(crate) const FOLDED_UNTIL: &str = "terrace.folded-until";

/// At which moment a collection is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum At {
    /// With everything that was committed to the lake.
    #[default]
    Now,
    /// With everything that had happened in the objects by then, as far as the lake holds it.
    Time(Timestamp),
    /// With what a snapshot of one of the two tables holds.
    Snapshot(i64),
}

/// A collection at one moment.
pub(crate) struct View<'l> {
    /// The state table, and its snapshot; none before the first compaction.
    pub(crate) state: Option<(Table<'l>, i64)>,
    pub(crate) changelog: Table<'l>,
    /// The snapshot of the changelog; none where it is empty.
    pub(crate) changes: Option<i64>,
    /// The sequence number of the changelog after which changes are not in the state table yet.
    pub(crate) folded: i64,
    /// The time after which changes do not count.
    pub(crate) until: Option<Timestamp>,
}

/// What a summary says of folding.
pub(crate) fn folded(snapshot: &Snapshot) -> Option<(i64, i64)> {
    let number = |key: &str| snapshot.summary.get(key)?.parse().ok();
    Some((number(FOLDED)?, number(FOLDED_UNTIL)?))
}

/// The newest snapshot of the history for which `suits` says so of what it has folded.
fn newest(table: &TableMetadata, suits: impl Fn(i64, i64) -> bool) -> Option<(i64, i64)> {
    table.ancestors(table.current_snapshot_id).find_map(|snapshot| {
        let (sequence, until) = folded(snapshot)?;
        suits(sequence, until).then_some((snapshot.snapshot_id, sequence))
    })
}

/// The present snapshot. One that another engine has made has folded what the one before it had.
fn of_now(table: &TableMetadata) -> Option<(i64, i64)> {
    let (_, sequence) = newest(table, |_, _| true)?;
    Some((table.current_snapshot_id?, sequence))
}

impl<'l> View<'l> {
    /// A collection at a moment.
    pub(crate) async fn open(lake: &'l Lake, collection: &str, at: At) -> Result<Self> {
        // The state table first: the changelog is then at least as new as what the state table has folded.
        let state = Table::load(lake, &Role::State.table(collection)).await?;
        let name = Role::Changelog.table(collection);
        let changelog = Table::load(lake, &name).await?.ok_or(LakeError::NoTable { table: name })?;
        let present = changelog.metadata().current_snapshot_id;
        let (found, changes, until) = match at {
            At::Now => (state.as_ref().and_then(|state| of_now(state.metadata())), present, None),
            At::Time(time) => {
                let suits = |_, latest| latest <= time.micros();
                (state.as_ref().and_then(|state| newest(state.metadata(), suits)), present, Some(time))
            }
            At::Snapshot(id) => match changelog.metadata().snapshot_by_id(id) {
                Some(snapshot) => {
                    let number = snapshot.sequence_number;
                    let suits = |sequence, _| sequence <= number;
                    (state.as_ref().and_then(|state| newest(state.metadata(), suits)), Some(id), None)
                }
                None => (Some(of_state(state.as_ref(), &changelog, id)?), None, None),
            },
        };
        let folded = found.map_or(0, |(_, sequence)| sequence);
        let state = state.zip(found).map(|(table, (snapshot, _))| (table, snapshot));
        Ok(Self { state, changelog, changes, folded, until })
    }

    /// The snapshot of the changelog.
    pub(crate) fn changes(&self) -> Result<Option<&Snapshot>> {
        self.changes.map(|id| self.changelog.snapshot(id)).transpose()
    }
}

/// A snapshot of the state table.
fn of_state(state: Option<&Table<'_>>, changelog: &Table<'_>, id: i64) -> Result<(i64, i64)> {
    let snapshot = state.and_then(|state| state.metadata().snapshot_by_id(id));
    let snapshot =
        snapshot.ok_or_else(|| LakeError::NoSnapshot { table: changelog.name.clone(), snapshot: id })?;
    let mut history = state.into_iter().flat_map(|state| state.metadata().ancestors(Some(id)));
    let folded = history.find_map(folded).map_or(0, |(sequence, _)| sequence);
    Ok((snapshot.snapshot_id, folded))
}
