//! The archive: snapshots in a lake, promoted, read there, and restored into any object.
//!
//! Invariants 3, 4, 6, 7 and 10.
#![cfg(feature = "lake")]
#![allow(clippy::unwrap_used)] // the world of a test

use futures_executor::block_on;
use terrace::{
    cold::Lake,
    hot::Maintenance,
    prelude::*,
    snapshots::SnapshotKind::{Full, Incremental},
};
use terrace_tests::{Place, documents, options};

#[derive(Collection, Clone, Debug, PartialEq)]
#[collection(columnar(threshold = 8))]
struct Item {
    #[id]
    id: i64,
    #[unique]
    code: String,
    weight: f64,
    note: Option<String>,
}

fn item(id: i64) -> Item {
    Item { id, code: format!("c{id}"), weight: -0.0, note: (id % 3 == 0).then(|| "x\0y".repeat(5)) }
}

#[test]
fn a_promoted_snapshot_is_restored_elsewhere() -> Result<(), StorageError> {
    let place = Place::new();
    let folder = place.path().with_file_name("lake");
    let lake = block_on(Lake::open(&folder.display().to_string()))?;
    let archive = lake.archive("a shop");
    let db = options(1).object("a/ü").open(place.path(), collections![Item])?;
    db.insert_all(&(0..50).map(item).collect::<Vec<_>>())?;
    db.maintain(Maintenance::default())?;
    db.snapshots().create(Full)?;
    db.update::<Item>(3, |item| item.weight = 2.5)?;
    db.delete::<Item>(4)?;
    let snapshot = db.snapshots().create(Incremental)?;
    let archived = block_on(archive.promote(&db, snapshot.id))?;
    assert_eq!(block_on(archive.promote(&db, snapshot.id))?, archived);
    assert_eq!(block_on(archive.list("a/ü"))?, std::slice::from_ref(&archived));
    block_on(archive.verify("a/ü", snapshot.id))?;
    let other = options(2).object("b").open_in_memory(collections![Item])?;
    other.insert(&item(99))?;
    block_on(archive.restore(&other, "a/ü", snapshot.id))?;
    assert_eq!(documents::<Item>(&other)?, documents::<Item>(&db)?);
    assert_eq!(other.checksum::<Item>()?, db.checksum::<Item>()?);
    Ok(())
}
