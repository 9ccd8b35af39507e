//! Snapshots that are taken, restored and removed by several connections at once: a restore is of a whole snapshot or names the
//! one that is gone, and what is kept can be restored.
//!
//! Invariants 2, 3 and 10.

use std::{
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
};

use terrace::{
    Cause,
    hot::Maintenance,
    prelude::*,
    snapshots::{
        Keep, SnapshotError,
        SnapshotKind::{Full, Incremental},
    },
};
use terrace_tests::{Place, Random, documents, long, options, seed};

#[derive(Collection, Clone, Debug, PartialEq)]
#[collection(columnar(threshold = 8))]
struct Item {
    #[id]
    id: i64,
    note: String,
}

fn open(place: &Place, seed: u64) -> Result<Db, StorageError> {
    options(seed).open(place.path(), collections![Item])
}

fn change(db: &Db, random: &mut Random) -> Result<(), StorageError> {
    for _ in 0..=random.below(6) {
        let id = random.below(60).cast_signed();
        match random.below(3) {
            0 => drop(db.delete::<Item>(id)?),
            _ => drop(db.upsert(&Item { id, note: random.bits().to_string() })?),
        }
    }
    Ok(())
}

/// Takes snapshots and removes them again until it is told to end.
fn take_and_retain(place: &Place, seed: u64, is_over: &AtomicBool) -> Result<(), StorageError> {
    let db = open(place, seed)?;
    let mut random = Random(seed);
    while !is_over.load(Relaxed) {
        match random.below(4) {
            0 => drop(db.snapshots().create(Full)?),
            1 => drop(db.snapshots().create(Incremental)?),
            _ => {
                let keep = Keep { newest: usize::try_from(random.below(3)).unwrap_or(0), ..Keep::default() };
                db.snapshots().retain(keep)?;
            }
        }
    }
    Ok(())
}

/// Restores whatever snapshot is there; says how often one was gone.
fn restore_and_write(place: &Place, random: &mut Random, rounds: usize) -> Result<usize, StorageError> {
    let db = open(place, random.bits())?;
    let mut gone = 0;
    for _ in 0..rounds {
        change(&db, random)?;
        if random.below(5) == 0 {
            db.maintain(Maintenance::default())?;
        }
        let all = db.snapshots().list()?;
        if all.is_empty() {
            continue;
        }
        let snapshot = &all[usize::try_from(random.below(all.len() as u64)).unwrap_or(0)];
        let expected = snapshot.collection("item").map(|of| of.after);
        let restored = db.snapshots().restore(snapshot.id);
        match restored.map_err(|error| error.source) {
            Ok(restored) => {
                assert_eq!(Some(db.checksum::<Item>()?), expected, "invariant 3");
                assert_eq!(documents::<Item>(&db)?.len() as u64, restored.documents);
            }
            Err(Cause::Snapshot(error)) => {
                assert!(matches!(*error, SnapshotError::NotFound { .. }), "invariant 10: {error}");
                gone += 1;
            }
            Err(other) => panic!("{other}"),
        }
    }
    Ok(gone)
}

#[test]
fn a_restore_that_races_retention_is_whole_or_refused() -> Result<(), StorageError> {
    let seed = seed();
    println!("TERRACE_SEED={seed}");
    let mut random = Random(seed);
    let mut gone = 0;
    for _ in 0..if long() { 40 } else { 2 } {
        let place = Place::new();
        let db = open(&place, random.bits())?;
        change(&db, &mut random)?;
        db.snapshots().create(Full)?;
        let is_over = AtomicBool::new(false);
        let others = [random.bits(), random.bits()];
        thread::scope(|scope| {
            let taking = others.map(|seed| {
                let (place, is_over) = (&place, &is_over);
                scope.spawn(move || take_and_retain(place, seed, is_over))
            });
            let restored = restore_and_write(&place, &mut random, 60);
            is_over.store(true, Relaxed);
            for taking in taking {
                taking.join().expect("no panic")?;
            }
            gone += restored?;
            Ok::<_, StorageError>(())
        })?;
        for (expected, event) in (1..).zip(db.changes().since(0)?) {
            assert_eq!(event?.sequence, expected, "invariant 2");
        }
        for snapshot in db.snapshots().list()? {
            db.snapshots().verify(snapshot.id)?;
            db.snapshots().restore(snapshot.id)?;
            assert_eq!(Some(db.checksum::<Item>()?), snapshot.collection("item").map(|of| of.after));
        }
    }
    println!("{gone} were gone");
    Ok(())
}
