//! Two at once, in every order of the operations of their store.

use std::task::{Context, Waker};

use futures_executor::block_on;
use terrace::{
    Cause,
    prelude::*,
    snapshots::{Archive, ArchivedSnapshot, SnapshotCollection, SnapshotError, SnapshotKind::Full},
};
use terrace_tests::{
    documents,
    faulty::{FaultyStore, Job},
    options,
    orders::Choices,
};

use super::world::{Item, NOTHING, OBJECT, archive, archived, cause, check_store, database, item, source};

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

/// An object of one collection, and a store with two of its snapshots, each of one file.
fn two_snapshots() -> Result<(FaultyStore, Vec<ArchivedSnapshot>, Vec<Item>), StorageError> {
    let store = FaultyStore::new(3);
    let clock = store.clone();
    let db = options(1).object(OBJECT).clock(move || clock.now()).open_in_memory(collections![Item])?;
    let items: Vec<Item> = (0..9).map(item).collect();
    db.insert_all(&items)?;
    let mut archived = Vec::new();
    for _ in 0..2 {
        archived.push(block_on(archive(&store).promote(&db, db.snapshots().create(Full)?.id))?);
        store.wait(86_400);
    }
    Ok((store, archived, items))
}

#[test]
fn a_retention_takes_nothing_from_a_fetch_in_any_order() -> Result<(), StorageError> {
    let (base, archived, items) = two_snapshots()?;
    let oldest = archived[0].id;
    let other = options(2).object("b").open_in_memory(collections![Item])?;
    let mut choices = Choices::default();
    let (mut orders, mut ends) = (0, [0; 4]);
    loop {
        let store = base.copy();
        let archive = archive(&store);
        let (mut fetched, mut removed) = (None, None);
        choices.run([
            Box::pin(async { fetched = Some(archive.fetch(&other, OBJECT, oldest).await) }),
            Box::pin(async { removed = Some(archive.retain(OBJECT, NOTHING).await) }),
        ]);
        orders += 1;
        let removed = removed.unwrap()?;
        let is_fetched = fetched.as_ref().unwrap().is_ok();
        ends[usize::from(is_fetched) + 2 * usize::from(!removed.is_empty())] += 1;
        if let Err(error) = fetched.unwrap() {
            let error = cause(error);
            let seen = matches!(error, SnapshotError::Deleting { .. } | SnapshotError::NotArchived { .. });
            assert!(seen, "invariant 10: {error}");
            assert!(other.snapshots().list()?.is_empty());
        } else {
            other.snapshots().verify(oldest)?;
            other.snapshots().delete(oldest)?;
        }
        if removed.is_empty() {
            block_on(archive.verify(OBJECT, oldest))?;
        } else {
            assert_eq!(removed, [oldest]);
            assert!(!store.paths().iter().any(|path| path.contains(&oldest.to_string())));
        }
        if !choices.advance() {
            break;
        }
    }
    println!("{orders} orders: {ends:?} neither, fetched, removed, both");
    assert!(ends[1..].iter().all(|&count| count > 0));
    block_on(archive(&base).restore(&other, OBJECT, oldest))?;
    assert_eq!(documents::<Item>(&other)?, items);
    Ok(())
}

#[test]
fn a_retention_takes_nothing_from_a_promotion_in_any_order() -> Result<(), StorageError> {
    let base = FaultyStore::new(3);
    let (db, id, _) = source(&base)?;
    let first = db.snapshots().list()?[0].id;
    block_on(archive(&base).promote(&db, first))?;
    base.wait(3_600);
    let mut choices = Choices::default();
    loop {
        let store = base.copy();
        let archive = archive(&store);
        let (mut promoted, mut removed) = (None, None);
        choices.run([
            Box::pin(async { promoted = Some(archive.promote(&db, id).await) }),
            Box::pin(async { removed = Some(archive.retain(OBJECT, NOTHING).await) }),
        ]);
        promoted.unwrap()?;
        assert!(removed.unwrap()?.iter().all(|&removed| removed == first));
        block_on(archive.verify(OBJECT, id))?;
        if !choices.advance() {
            break;
        }
    }
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
                        archive.promote(&db, snapshot.id).await.map(Some)
                    } else {
                        archive.delete(OBJECT, snapshot.id).await.map(|()| None)
                    });
                }),
            ]);
            let listed = block_on(archive.list(OBJECT))?;
            match (promoted.unwrap(), other.unwrap()) {
                (Ok(one), Ok(Some(two))) => {
                    assert_eq!(one, two);
                    assert_eq!(listed, [one], "both give what is there");
                }
                (promoted, other) => {
                    assert!(!promotes);
                    let is_deleting = |error| matches!(cause(error), SnapshotError::Deleting { .. });
                    assert!(promoted.map_or_else(is_deleting, |_| true));
                    let is_not_there = |error| matches!(cause(error), SnapshotError::NotArchived { .. });
                    assert!(other.map_or_else(is_not_there, |_| true));
                }
            }
            check_store(&store, &listed);
            if !choices.advance() {
                break;
            }
        }
    }
    Ok(())
}

#[test]
fn a_snapshot_that_goes_while_it_is_promoted_is_promoted_whole_or_not() -> Result<(), StorageError> {
    let mut ends = [0; 2];
    for turn in 0.. {
        let store = FaultyStore::new(3);
        let (db, last, _) = source(&store)?;
        db.snapshots().delete(last)?;
        let id = db.snapshots().list()?[0].id;
        let expected = db.snapshots().inspect(id)?;
        let archive = archive(&store);
        let mut promoted = None;
        {
            let mut promotion: Job<'_> = Box::pin(async { promoted = Some(archive.promote(&db, id).await) });
            let mut context = Context::from_waker(Waker::noop());
            let is_done = (0..turn).any(|_| promotion.as_mut().poll(&mut context).is_ready());
            if is_done {
                break;
            }
            db.snapshots().delete(id)?;
            while promotion.as_mut().poll(&mut context).is_pending() {}
        }
        let listed = match promoted.unwrap() {
            Ok(promoted) => {
                ends[0] += 1;
                let checksum =
                    |of: &SnapshotCollection| promoted.collection(&of.name).unwrap().checksum == of.after;
                assert!(expected.collections.iter().all(checksum), "it lacks documents");
                vec![promoted]
            }
            Err(error) => {
                ends[1] += 1;
                assert!(matches!(cause(error), SnapshotError::NotFound { .. }));
                Vec::new()
            }
        };
        check_store(&store, &listed);
    }
    assert!(ends.iter().all(|&count| count > 0), "{ends:?}");
    Ok(())
}
