//! Two at once, in every order of the operations of their store.

use futures_executor::block_on;
use terrace::{
    Cause,
    prelude::*,
    snapshots::{Archive, SnapshotError, SnapshotKind::Full},
};
use terrace_tests::{
    documents,
    faulty::{FaultyStore, Job},
    options,
    orders::Choices,
};

use super::world::{Item, NOTHING, OBJECT, archive, archived, cause, check_store, database, item};

#[test]
fn a_fetch_that_another_one_takes_the_place_of_says_so() -> Result<(), StorageError> {
    // one file, so that the orders are some thousands
    let store = FaultyStore::new(3);
    let open = |seed, object: &str| options(seed).object(object).open_in_memory(collections![Item]);
    let db = open(1, OBJECT)?;
    db.insert_all(&(0..9).map(item).collect::<Vec<_>>())?;
    let id = db.snapshots().create(Full)?.id;
    block_on(archive(&store).promote(&db, id))?;
    let other = open(2, "b")?;
    let mut choices = Choices::default();
    let mut overtaken = 0;
    loop {
        let archive = archive(&store);
        let fetch = |archive: Archive| {
            let other = &other;
            async move { archive.fetch(other, OBJECT, id).await }
        };
        let (mut one, mut two) = (None, None);
        let jobs: [Job<'_>; 2] = [
            Box::pin(async { one = Some(fetch(archive.clone()).await) }),
            Box::pin(async { two = Some(fetch(archive.clone()).await) }),
        ];
        choices.run(jobs);
        let outcomes = [one.unwrap(), two.unwrap()];
        assert!(outcomes.iter().any(Result::is_ok));
        for error in outcomes.into_iter().filter_map(Result::err) {
            assert!(matches!(error.source, Cause::Overtaken), "{error}");
            overtaken += 1;
        }
        assert_eq!(other.snapshots().list()?.len(), 1);
        other.snapshots().verify(id)?;
        other.snapshots().delete(id)?;
        if !choices.advance() || choices.is_mirrored() {
            break;
        }
    }
    assert!(overtaken > 0);
    block_on(archive(&store).restore(&other, OBJECT, id))?;
    assert_eq!(documents::<Item>(&other)?, documents::<Item>(&db)?);
    Ok(())
}

#[test]
fn who_reads_and_who_deletes_see_each_other_in_any_order() -> Result<(), StorageError> {
    let (base, archived) = archived(1)?;
    let snapshot = &archived[0];
    let mut choices = Choices::default();
    let (mut orders, mut ends) = (0, [0; 3]);
    loop {
        let store = base.copy();
        let archive = archive(&store);
        let (mut read, mut deleted) = (None, None);
        choices.run([
            Box::pin(async { read = Some(archive.verify(OBJECT, snapshot.id).await) }),
            Box::pin(async { deleted = Some(archive.delete(OBJECT, snapshot.id).await) }),
        ]);
        orders += 1;
        ends[0] += usize::from(read.as_ref().unwrap().is_ok());
        if let Err(error) = read.unwrap() {
            let error = cause(error);
            let seen = matches!(error, SnapshotError::Deleting { .. } | SnapshotError::NotArchived { .. });
            assert!(seen, "invariant 10: {error}");
        }
        match deleted.unwrap().map_err(cause) {
            Ok(()) => {
                ends[1] += 1;
                let left = store.paths();
                assert!(left.is_empty(), "{left:?}");
            }
            Err(SnapshotError::Needed { .. }) => {
                ends[2] += 1;
                block_on(archive.verify(OBJECT, snapshot.id))?;
            }
            Err(error) => panic!("{error}"),
        }
        if !choices.advance() {
            break;
        }
    }
    println!("{orders} orders: {ends:?} read, deleted, kept");
    assert!(ends.iter().all(|&count| count > 0));
    Ok(())
}

#[test]
fn who_holds_and_who_deletes_see_each_other_in_any_order() -> Result<(), StorageError> {
    let (base, archived) = archived(2)?;
    let oldest = &archived[0];
    let mut choices = Choices::default();
    loop {
        let store = base.copy();
        let archive = archive(&store);
        let (mut held, mut removed) = (None, None);
        choices.run([
            Box::pin(async { held = Some(archive.hold(OBJECT, oldest.id).await) }),
            Box::pin(async { removed = Some(archive.retain(OBJECT, NOTHING).await) }),
        ]);
        let removed = removed.unwrap()?;
        if held.unwrap().is_ok() {
            assert!(removed.is_empty(), "invariant 10: it was held, and is gone");
        }
        let left = block_on(archive.list(OBJECT))?;
        assert_eq!(left.len(), 2 - removed.len());
        for snapshot in left {
            block_on(archive.verify(OBJECT, snapshot.id))?;
        }
        if !choices.advance() {
            break;
        }
    }
    Ok(())
}

#[test]
fn promotions_and_deletions_go_together_in_any_order() -> Result<(), StorageError> {
    let empty = FaultyStore::new(3);
    let db = database(&empty, 1, OBJECT)?;
    db.insert_all(&(0..9).map(item).collect::<Vec<_>>())?;
    let snapshot = db.snapshots().create(Full)?;
    let full = empty.copy();
    block_on(archive(&full).promote(&db, snapshot.id))?;
    for (base, promotes) in [(&empty, true), (&full, true), (&empty, false), (&full, false)] {
        let mut choices = Choices::default();
        loop {
            let store = base.copy();
            let archive = archive(&store);
            let (mut promoted, mut other) = (None, None);
            choices.run([
                Box::pin(async { promoted = Some(archive.promote(&db, snapshot.id).await) }),
                Box::pin(async {
                    other = Some(if promotes {
                        archive.promote(&db, snapshot.id).await.map(drop)
                    } else {
                        archive.delete(OBJECT, snapshot.id).await
                    });
                }),
            ]);
            if let Err(error) = promoted.unwrap() {
                assert!(!promotes, "{error}");
                assert!(matches!(cause(error), SnapshotError::Deleting { .. }));
            }
            if let Err(error) = other.unwrap() {
                assert!(!promotes, "{error}");
                assert!(matches!(cause(error), SnapshotError::NotArchived { .. }));
            }
            let listed = block_on(archive.list(OBJECT))?;
            assert!(!promotes || listed.len() == 1);
            check_store(&store, &listed);
            if !choices.advance() {
                break;
            }
        }
    }
    Ok(())
}
