//! Archived snapshots: what other engines read, and what comes back, with columns of every type.
//!
//! Invariants 3 and 7.

use serde_json::json;
use terrace::{
    cold::Lake,
    hot::Maintenance,
    prelude::*,
    schema::{Collections, Registered},
    snapshots::{
        Archive,
        SnapshotKind::{Full, Incremental},
    },
};
use terrace_tests::{Random, documents, options, seed};

use super::{
    engines::Engines,
    oracle,
    things::{First, Second, Thing, thing},
    world::block,
};

/// A chain of snapshots of an object with documents in columns and rows, and the documents that the last one holds.
fn taken(random: &mut Random, object: &str) -> Result<(Db, Vec<First>), StorageError> {
    let db = options(1).object(object).open_in_memory(collections![First])?;
    db.insert_all(&(0..1_500).map(|id| thing(random, id)).collect::<Vec<First>>())?;
    db.maintain(Maintenance::default())?;
    db.insert_all(&(1_500..1_600).map(|id| thing(random, id)).collect::<Vec<First>>())?;
    db.snapshots().create(Full)?;
    for _ in 0..200 {
        let id = random.below(1_700).cast_signed();
        match random.below(3) {
            0 => drop(db.delete::<First>(id)?),
            _ => drop(db.upsert(&thing::<First>(random, id))?),
        }
    }
    db.snapshots().create(Incremental)?;
    let documents: Vec<First> = documents(&db)?;
    db.delete::<First>(documents[0].id)?;
    Ok((db, documents))
}

/// What comes of the snapshot in an object whose struct is `T`.
fn restored<T: Thing>(archive: &Archive, object: &str, db: &Db) -> Result<Vec<T>, StorageError> {
    let archived = block(archive.list(object))?.pop().unwrap();
    db.insert(&thing::<T>(&mut Random(5), 9_999))?;
    block(archive.restore(db, object, archived.id))?;
    documents(db)
}

#[test]
fn archived_snapshots_are_plain_parquet_and_come_back_bit_for_bit() -> Result<(), StorageError> {
    let seed = seed();
    println!("TERRACE_SEED={seed}");
    let folder = tempfile::tempdir().unwrap();
    let lake = block(Lake::open(folder.path().join("a lake, für alle").to_str().unwrap()))?;
    let archive = lake.archive("thing's/type");
    let (db, expected) = taken(&mut Random(seed), super::A)?;
    let snapshot = db.snapshots().list()?.pop().unwrap();
    let archived = block(archive.promote(&db, snapshot.id))?;
    assert_eq!(archived.documents(), expected.len() as u64);

    let root = lake.url().strip_prefix("file://").unwrap();
    let files: Vec<String> = archived.files().map(|file| format!("{root}/{}", file.path)).collect();
    if let Some(mut engines) = Engines::start() {
        let question = json!({ "do": "parquet", "files": files, "expected": oracle::documents(&expected) });
        assert_eq!(engines.ask(&question)["rows"], 2 * expected.len());
    }

    let other = options(2).object("b").open_in_memory(collections![First])?;
    assert_eq!(restored::<First>(&archive, super::A, &other)?, expected);
    assert_eq!(other.snapshots().list()?[0].collections[0].after, other.checksum::<First>()?);
    // what was migrated on the way is what a migration makes of it
    let later = options(3).object("b").open_in_memory(Collections::from([Registered::of::<Second>()]))?;
    let found = restored::<Second>(&archive, super::A, &later)?;
    let file = tempfile::tempdir().unwrap();
    let path = file.path().join("object.db");
    options(4).open(&path, collections![First])?.insert_all(&expected)?;
    let migrated = options(5).open(&path, collections![Second])?;
    assert_eq!(found, documents::<Second>(&migrated)?);
    assert_eq!(later.checksum::<Second>()?, migrated.checksum::<Second>()?);
    Ok(())
}
