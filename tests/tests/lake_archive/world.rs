//! The objects and stores of these tests.

use std::collections::BTreeSet;

use futures_executor::block_on;
use terrace::{
    Cause,
    hot::Maintenance,
    prelude::*,
    snapshots::{
        Archive, ArchivedSnapshot, Keep, SnapshotError, SnapshotId,
        SnapshotKind::{Full, Incremental},
        Tiers,
    },
};
use terrace_tests::{documents, faulty::FaultyStore, options};

#[derive(Collection, Clone, Debug, PartialEq)]
#[collection(columnar(threshold = 8))]
pub(crate) struct Item {
    #[id]
    pub(crate) id: i64,
    #[unique]
    pub(crate) code: String,
    pub(crate) weight: f64,
    pub(crate) note: Option<String>,
}

#[derive(Collection, Clone, Debug, PartialEq)]
#[collection(columnar(never))]
pub(crate) struct Other {
    #[id]
    pub(crate) name: String,
    pub(crate) blob: Vec<u8>,
}

pub(crate) fn item(id: i64) -> Item {
    Item { id, code: format!("c{id}"), weight: -0.0, note: (id % 3 == 0).then(|| "x\0y".repeat(5)) }
}

pub(crate) const OBJECT: &str = "a/ü";
/// What keeps the newest alone.
pub(crate) const NOTHING: Keep =
    Keep { newest: 0, younger_than: None, tiers: Tiers { daily: 0, weekly: 0, monthly: 0 } };

pub(crate) type All = (Vec<Item>, Vec<Other>);

pub(crate) fn all(db: &Db) -> Result<All, StorageError> {
    Ok((documents(db)?, documents(db)?))
}

/// A database whose clock is the store's.
pub(crate) fn database(store: &FaultyStore, seed: u64, object: &str) -> Result<Db, StorageError> {
    let store = store.clone();
    options(seed).object(object).clock(move || store.now()).open_in_memory(collections![Item, Other])
}

pub(crate) fn archive(store: &FaultyStore) -> Archive {
    store.lake().archive("a shop")
}

/// An object with documents in columns and rows, and an incremental snapshot of it.
pub(crate) fn source(store: &FaultyStore) -> Result<(Db, SnapshotId, All), StorageError> {
    let db = database(store, 1, OBJECT)?;
    db.insert_all(&(0..50).map(item).collect::<Vec<_>>())?;
    db.insert_all(&[Other { name: "\u{10ffff}".into(), blob: vec![0, 255] }])?;
    db.maintain(Maintenance::default())?;
    db.snapshots().create(Full)?;
    db.update::<Item>(3, |item| item.weight = 2.5)?;
    db.delete::<Item>(4)?;
    db.insert(&item(70))?;
    let snapshot = db.snapshots().create(Incremental)?;
    assert_eq!(snapshot.kind, Incremental);
    let held = all(&db)?;
    db.delete::<Item>(5)?;
    Ok((db, snapshot.id, held))
}

/// A store with so many archived snapshots, a day apart, and their ids.
pub(crate) fn archived(count: usize) -> Result<(FaultyStore, Vec<ArchivedSnapshot>), StorageError> {
    let store = FaultyStore::new(3);
    let db = database(&store, 1, OBJECT)?;
    let mut archived = Vec::new();
    for round in 0..count {
        db.insert_all(&(0..9).map(|at| item(round.cast_signed() as i64 * 10 + at)).collect::<Vec<_>>())?;
        db.insert(&Other { name: round.to_string(), blob: vec![1; 9] })?;
        let snapshot = db.snapshots().create(Full)?;
        archived.push(block_on(archive(&store).promote(&db, snapshot.id))?);
        store.wait(86_400);
    }
    Ok((store, archived))
}

pub(crate) fn ids(archived: &[ArchivedSnapshot]) -> Vec<SnapshotId> {
    archived.iter().map(|snapshot| snapshot.id).collect()
}

/// Why something of snapshots failed.
pub(crate) fn cause(error: StorageError) -> SnapshotError {
    match error.source {
        Cause::Snapshot(error) => *error,
        other => panic!("{other}"),
    }
}

/// That a store holds these snapshots and nothing beside them, once what was broken off is a day old.
pub(crate) fn check_store(store: &FaultyStore, expected: &[ArchivedSnapshot]) {
    store.settle();
    store.plan(&[]);
    store.wait(2 * 86_400);
    let archive = archive(store);
    let keep = Keep { newest: 100, ..NOTHING };
    assert!(block_on(archive.retain(OBJECT, keep)).unwrap().is_empty());
    assert_eq!(block_on(archive.list(OBJECT)).unwrap(), expected);
    for snapshot in expected {
        block_on(archive.verify(OBJECT, snapshot.id)).unwrap();
    }
    let files = expected.iter().flat_map(|snapshot| snapshot.files().map(|file| file.path.clone()));
    let mut known: BTreeSet<String> = files.collect();
    for path in store.paths() {
        assert!(known.remove(&path) || path.ends_with("/manifest.json"), "left behind: {path}");
    }
    assert!(known.is_empty(), "invariant 10");
    assert_eq!(store.paths().iter().filter(|path| path.ends_with("manifest.json")).count(), expected.len());
}
