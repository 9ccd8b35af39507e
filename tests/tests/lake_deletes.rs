//! Compaction that deletes rows by their places, as Iceberg's position deletes have it.
#![cfg(feature = "lake")]
#![allow(clippy::unwrap_used)] // the world of a test

use std::{
    future::Future,
    task::{Context, Waker},
};

use futures_executor::block_on;
use terrace::{
    Options,
    cold::{Lake, iceberg::TableMetadata},
    prelude::*,
};
use terrace_tests::{
    audit::{Item, audit},
    faulty::{FaultyStore, drive},
    long,
    scene::STATE,
};

fn item(id: i64) -> Item {
    Item { id, note: format!("note {id}") }
}

fn object(name: &str, ids: std::ops::Range<i64>, lake: &Lake) -> Db {
    let db = Options::new().object(name).open_in_memory(collections![Item]).unwrap();
    db.insert_all(&ids.map(item).collect::<Vec<_>>()).unwrap();
    block_on(db.sync(lake)).unwrap();
    db
}

fn change(db: &Db, ids: impl IntoIterator<Item = i64>, lake: &Lake) {
    for id in ids {
        db.update::<Item>(id, |item| item.note.push('!')).unwrap();
    }
    block_on(db.sync(lake)).unwrap();
}

fn state(lake: &Lake) -> TableMetadata {
    block_on(lake.metadata(STATE)).unwrap().unwrap()
}

/// A count in the summary of the present snapshot.
fn count(lake: &Lake, name: &str) -> i64 {
    let table = state(lake);
    table.snapshot().unwrap().summary.get(name).map_or(0, |count| count.parse().unwrap())
}

fn found(lake: &Lake) -> Vec<Item> {
    let mut found = block_on(lake.find::<Item>(|_| Filter::all()).all()).unwrap();
    found.sort();
    found
}

#[test]
fn few_rows_are_deleted_by_their_places_and_many_with_their_file() -> Result<(), StorageError> {
    let lake = block_on(Lake::open("memory://"))?;
    let db = object("a", 0..100, &lake);
    block_on(lake.compact::<Item>())?;
    change(&db, [3, 5, 99], &lake);
    let first = state(&lake).current_snapshot_id.unwrap();
    assert_eq!(block_on(lake.compact::<Item>())?.files_replaced, 0);
    assert_eq!((count(&lake, "added-position-deletes"), count(&lake, "deleted-data-files")), (3, 0));
    assert_eq!(found(&lake), db.all::<Item>().all()?);

    db.delete::<Item>(7)?;
    change(&db, 8..20, &lake);
    block_on(lake.compact::<Item>())?;
    // the places of before are in the new file of deletes as well, and the earlier one goes
    assert_eq!(count(&lake, "added-position-deletes"), 3 + 13);
    assert_eq!((count(&lake, "removed-delete-files"), count(&lake, "total-delete-files")), (1, 1));
    assert_eq!(found(&lake), db.all::<Item>().all()?);

    change(&db, 20..35, &lake);
    block_on(lake.compact::<Item>())?;
    assert_eq!((count(&lake, "total-position-deletes"), count(&lake, "total-delete-files")), (0, 0));
    assert_eq!(count(&lake, "total-records"), 99);
    assert_eq!(found(&lake), db.all::<Item>().all()?);

    let then = block_on(lake.find::<Item>(|_| Filter::all()).as_of_snapshot(first).all())?;
    assert_eq!(then.len(), 100);
    Ok(())
}

#[test]
fn small_files_are_merged_without_the_rows_that_are_deleted() -> Result<(), StorageError> {
    let lake = block_on(Lake::open("memory://"))?;
    let objects: Vec<Db> = ["a", "b", "c", "d"]
        .into_iter()
        .map(|name| {
            let db = object(name, 0..50, &lake);
            block_on(lake.compact::<Item>()).unwrap();
            db
        })
        .collect();
    for db in &objects {
        change(db, [1, 2], &lake);
    }
    block_on(lake.compact::<Item>())?;
    assert_eq!((count(&lake, "total-delete-files"), count(&lake, "total-data-files")), (0, 1));
    assert_eq!(count(&lake, "total-records"), 200);
    let notes = found(&lake).into_iter().filter(|item| item.note.ends_with('!'));
    assert_eq!(notes.count(), 8);
    Ok(())
}

/// A compaction that folds and merges files, and one that deletes rows of these files, stop at each of their steps for the
/// other; at some of them in the normal run.
#[test]
fn no_deletion_is_lost_when_files_are_merged_meanwhile() {
    let mut context = Context::from_waker(Waker::noop());
    let (stride, mut runs) = (if long() { 2 } else { 7 }, 0);
    for first_steps in (1..).step_by(stride) {
        for second_steps in (1..).step_by(stride) {
            let store = FaultyStore::new(7);
            let lake = store.lake();
            let objects = ["a", "b", "c", "d", "e"].map(|name| {
                let db = Options::new().object(name).open_in_memory(collections![Item]).unwrap();
                db.insert_all(&(0..20).map(item).collect::<Vec<_>>()).unwrap();
                db
            });
            let sync = |db: &Db| drive(&store, db.sync(&lake)).unwrap().unwrap();
            for db in &objects[..4] {
                sync(db);
                drive(&store, lake.compact::<Item>()).unwrap().unwrap();
            }
            sync(&objects[4]);
            let mut merging = std::pin::pin!(lake.compact::<Item>());
            if (0..first_steps).any(|_| merging.as_mut().poll(&mut context).is_ready()) {
                return println!("{runs} runs");
            }
            objects[0].update::<Item>(4, |item| item.note.push('!')).unwrap();
            sync(&objects[0]);
            let mut deleting = std::pin::pin!(lake.compact::<Item>());
            let is_through = (0..second_steps).any(|_| deleting.as_mut().poll(&mut context).is_ready());
            drive(&store, merging).unwrap().unwrap();
            if !is_through {
                drive(&store, deleting).unwrap().unwrap();
            }
            let rows = audit(&store, STATE).unwrap();
            let notes = rows.present().iter().filter_map(|row| row.note.as_deref());
            let changed = notes.filter(|note| note.ends_with('!')).count();
            let known = (rows.present().len(), changed);
            assert_eq!(known, (100, 1), "after {first_steps} and {second_steps} steps");
            runs += 1;
            if is_through {
                break;
            }
        }
    }
}
