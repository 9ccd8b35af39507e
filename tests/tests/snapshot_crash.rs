//! `kill -9` in the middle of restores: the object is as it was before or as the snapshot has it, and says which (invariants
//! 2, 3 and 6).
#![cfg(feature = "lake")]

use std::{collections::BTreeMap, hint::spin_loop, path::PathBuf, process::Command};

use futures_executor::block_on;
use terrace::{
    cold::Lake,
    hot::Maintenance,
    prelude::*,
    snapshots::{
        Archive, SnapshotId,
        SnapshotKind::{Full, Incremental},
    },
};
use terrace_tests::{
    Place, Random,
    crash::{Entry, killed},
    documents, long, seed,
};

/// What each snapshot holds.
type Known = BTreeMap<SnapshotId, Vec<Entry>>;

fn lake(place: &Place) -> PathBuf {
    place.path().with_file_name("lake")
}

fn archive(place: &Place) -> Result<Archive, StorageError> {
    Ok(block_on(Lake::open(&lake(place).display().to_string()))?.archive("entries"))
}

/// A database with a full snapshot, an incremental one on it, and a full one of quite other documents; one more is in a lake
/// alone.
fn prepare(place: &Place) -> Result<Known, StorageError> {
    let db = Db::open(place.path(), collections![Entry])?;
    let entry = |id: i64| Entry { id, text: "x".repeat(usize::try_from(id % 90).unwrap_or(0)), count: 0 };
    let mut known = Known::new();
    db.insert_all(&(0..2_000).map(entry).collect::<Vec<_>>())?;
    db.maintain(Maintenance::default())?;
    known.insert(db.snapshots().create(Full)?.id, documents(&db)?);
    db.find::<Entry>(|e| e.id.lt(300)).update(|entry| entry.count += 1)?;
    db.find::<Entry>(|e| e.id.gt(1_900)).delete()?;
    known.insert(db.snapshots().create(Incremental)?.id, documents(&db)?);
    db.all::<Entry>().delete()?;
    db.insert_all(&(5_000..5_900).map(entry).collect::<Vec<_>>())?;
    known.insert(db.snapshots().create(Full)?.id, documents(&db)?);
    db.find::<Entry>(|e| e.id.lt(5_400)).delete()?;
    let archived = db.snapshots().create(Full)?.id;
    block_on(archive(place)?.promote(&db, archived))?;
    db.snapshots().delete(archived)?;
    known.insert(archived, documents(&db)?);
    Ok(known)
}

/// Lets the process announce `restores`, and kills it a moment after the last.
fn restore_and_kill(place: &Place, restores: u64, moment: u64, seed: u64) {
    let mut writer = Command::new(env!("CARGO_BIN_EXE_restore_writer"));
    killed(writer.arg(place.path()).arg(lake(place)).arg(seed.to_string()), |count, _| {
        let is_enough = count == restores;
        if is_enough {
            (0..moment).for_each(|_| spin_loop());
        }
        is_enough
    });
}

/// The snapshot that the object was restored from last, by its log.
fn check(place: &Place, known: &Known) -> Result<SnapshotId, StorageError> {
    let db = Db::open(place.path(), collections![Entry])?;
    let (mut last, mut lineage) = (*known.keys().next_back().expect("there are some"), None);
    for (expected, event) in (1..).zip(db.changes().since(0)?) {
        let event = event?;
        assert_eq!(event.sequence, expected, "invariant 2: the log has a hole");
        last = event.snapshot.unwrap_or(last);
        if event.snapshot.is_some() {
            lineage = Some(event.lineage);
        }
    }
    if let Some(lineage) = lineage {
        assert_eq!(documents::<Entry>(&db)?, known[&last], "the object is not as its log says");
        assert_eq!(db.lineage()?, lineage, "invariant 6");
    }
    Ok(last)
}

#[test]
fn a_restore_happens_or_does_not_whenever_it_is_killed() -> Result<(), StorageError> {
    let seed = seed();
    println!("TERRACE_SEED={seed}");
    let mut random = Random(seed);
    let place = Place::new();
    let known = prepare(&place)?;
    for _ in 0..if long() { 100 } else { 12 } {
        restore_and_kill(&place, 1 + random.below(4), random.below(2_000_000), random.bits());
        check(&place, &known)?;
    }
    let db = Db::open(place.path(), collections![Entry])?;
    for (id, documents_then) in &known {
        if db.snapshots().inspect(*id).is_err() {
            block_on(archive(&place)?.fetch(&db, db.object_id(), *id))?;
        }
        db.snapshots().verify(*id)?;
        db.snapshots().restore(*id)?;
        assert_eq!(documents::<Entry>(&db)?, *documents_then);
    }
    Ok(())
}
