//! Every operation of a store fails in every way, and the repeat succeeds.

use futures_executor::block_on;
use terrace::{
    prelude::*,
    snapshots::{SnapshotError, SnapshotKind::Full},
};
use terrace_tests::{
    Place,
    faulty::{Asked, Fault, FaultyStore, drive},
    options,
};

use super::world::{
    Item, NOTHING, OBJECT, Other, all, archive, archived, cause, check_store, database, source,
};

/// Every fault of every operation of a task.
fn faults(operations: &[Asked]) -> Vec<(usize, Fault)> {
    let operations = operations.iter().enumerate();
    operations.flat_map(|(at, asked)| Fault::of(asked.writes).iter().map(move |fault| (at, *fault))).collect()
}

#[test]
fn any_operation_of_a_promotion_can_fail() -> Result<(), StorageError> {
    let base = FaultyStore::new(3);
    let (db, id, _) = source(&base)?;
    let trial = base.copy();
    trial.plan(&[]);
    block_on(archive(&trial).promote(&db, id))?;
    for fault in faults(&trial.begun()) {
        let store = base.copy();
        store.plan(&[fault]);
        let first = drive(&store, archive(&store).promote(&db, id));
        let listed = block_on(archive(&store).list(OBJECT))?;
        if let Some(Ok(first)) = &first {
            assert_eq!(listed, std::slice::from_ref(first), "{fault:?}");
        }
        for snapshot in &listed {
            block_on(archive(&store).verify(OBJECT, snapshot.id))?;
        }
        let again = block_on(archive(&store).promote(&db, id)).unwrap_or_else(|e| panic!("{fault:?}: {e}"));
        store.settle();
        check_store(&store, &[again]);
    }
    Ok(())
}

#[test]
fn any_operation_of_a_fetch_can_fail() -> Result<(), StorageError> {
    let base = FaultyStore::new(3);
    let (db, id, held) = source(&base)?;
    let archived = block_on(archive(&base).promote(&db, id))?;
    let trial = base.copy();
    trial.plan(&[]);
    block_on(archive(&trial).fetch(&database(&trial, 2, "b")?, OBJECT, id))?;
    let last = trial.begun().len() - 1;
    for fault in faults(&trial.begun()) {
        let (store, place) = (base.copy(), Place::new());
        let other = options(2).object("b").open(place.path(), collections![Item, Other])?;
        store.plan(&[fault]);
        let first = drive(&store, archive(&store).fetch(&other, OBJECT, id));
        let listed = other.snapshots().list()?;
        // the last operation removes the mark of the reading
        let is_done = matches!(first, Some(Ok(_))) || fault == (last, Fault::Crash);
        assert_eq!(listed.len(), usize::from(is_done), "{fault:?}");
        other.snapshots().create(Full)?;
        block_on(archive(&store).restore(&other, OBJECT, id)).unwrap_or_else(|e| panic!("{fault:?}: {e}"));
        assert_eq!(all(&other)?, held, "{fault:?}");
        let count = |sql: &str| place.sqlite().query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
        assert_eq!(count("SELECT count(*) FROM _terrace_snapshot"), 2, "{fault:?}");
        let parts = "SELECT count(*) FROM _terrace_snapshot_part \
                     WHERE id >> 20 NOT IN (SELECT number FROM _terrace_snapshot)";
        assert_eq!(count(parts), 0, "{fault:?}");
        check_store(&store, std::slice::from_ref(&archived));
    }
    Ok(())
}

#[test]
fn what_a_fetch_has_left_goes_with_the_next_retention() -> Result<(), StorageError> {
    let store = FaultyStore::new(3);
    let (db, id, _) = source(&store)?;
    block_on(archive(&store).promote(&db, id))?;
    let place = Place::new();
    let clock = store.clone();
    let other =
        options(2).object("b").clock(move || clock.now()).open(place.path(), collections![Item, Other])?;
    // its last file
    store.plan(&[(6, Fault::Crash)]);
    assert!(drive(&store, archive(&store).fetch(&other, OBJECT, id)).is_none());
    let parts = || {
        let sql = "SELECT count(*) FROM _terrace_snapshot_part";
        place.sqlite().query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap()
    };
    assert_eq!(parts(), 1);
    assert!(other.snapshots().list()?.is_empty());
    other.snapshots().retain(NOTHING)?;
    assert_eq!(parts(), 1, "it may be under way");
    store.wait(3_601);
    other.snapshots().retain(NOTHING)?;
    assert_eq!(parts(), 0);
    Ok(())
}

#[test]
fn any_operation_of_a_deletion_can_fail() -> Result<(), StorageError> {
    let (base, archived) = archived(3)?;
    for delete in [true, false] {
        let second = archived[1].id;
        let run = |store: &FaultyStore| {
            let archive = archive(store);
            let work = async {
                if delete {
                    archive.delete(OBJECT, second).await
                } else {
                    archive.retain(OBJECT, NOTHING).await.map(drop)
                }
            };
            drive(store, work)
        };
        let left = if delete {
            [archived[0].clone(), archived[2].clone()].to_vec()
        } else {
            vec![archived[2].clone()]
        };
        let trial = base.copy();
        trial.plan(&[]);
        run(&trial).unwrap()?;
        for fault in faults(&trial.begun()) {
            let store = base.copy();
            store.plan(&[fault]);
            let first = run(&store);
            let listed = block_on(archive(&store).list(OBJECT))?;
            for snapshot in &left {
                assert!(listed.contains(snapshot), "{fault:?}");
                block_on(archive(&store).verify(OBJECT, snapshot.id))?;
            }
            for snapshot in &listed {
                // its manifest may go late, after it was listed
                if let Err(error) = block_on(archive(&store).verify(OBJECT, snapshot.id)) {
                    let error = cause(error);
                    let is_late =
                        fault.1 == Fault::Late && matches!(error, SnapshotError::NotArchived { .. });
                    assert!(is_late || matches!(error, SnapshotError::Deleting { .. }), "{fault:?}: {error}");
                }
            }
            store.settle();
            if !matches!(first, Some(Ok(()))) {
                match run(&store).unwrap() {
                    Err(error) if delete => {
                        assert!(matches!(cause(error), SnapshotError::NotArchived { .. }), "{fault:?}");
                    }
                    again => again.unwrap_or_else(|error| panic!("{fault:?}: {error}")),
                }
            }
            check_store(&store, &left);
        }
    }
    Ok(())
}

#[test]
fn what_a_deletion_has_left_is_promoted_again_or_refused() -> Result<(), StorageError> {
    let base = FaultyStore::new(3);
    let (db, id, _) = source(&base)?;
    let archived = block_on(archive(&base).promote(&db, id))?;
    let trial = base.copy();
    trial.plan(&[]);
    block_on(archive(&trial).delete(OBJECT, id))?;
    let mut refused = 0;
    for fault in faults(&trial.begun()) {
        let store = base.copy();
        store.plan(&[fault]);
        let _ = drive(&store, archive(&store).delete(OBJECT, id));
        store.settle();
        let promoted = match block_on(archive(&store).promote(&db, id)) {
            Err(error) => {
                assert!(matches!(cause(error), SnapshotError::Deleting { .. }), "{fault:?}");
                refused += 1;
                block_on(archive(&store).delete(OBJECT, id))?;
                block_on(archive(&store).promote(&db, id))?
            }
            promoted => promoted?,
        };
        block_on(archive(&store).verify(OBJECT, id)).unwrap_or_else(|error| panic!("{fault:?}: {error}"));
        assert_eq!(promoted.documents(), archived.documents());
        check_store(&store, &[promoted]);
    }
    assert!(refused > 0);
    Ok(())
}

#[test]
fn marks_that_were_left_count_for_a_time() -> Result<(), StorageError> {
    let (store, archived) = archived(1)?;
    let (archive, id) = (archive(&store), archived[0].id);
    // after the folder was listed and the manifest read, its mark is stored
    store.plan(&[(2, Fault::Crash)]);
    assert!(drive(&store, archive.verify(OBJECT, id)).is_none());
    store.wait(86_000);
    let error = block_on(archive.delete(OBJECT, id)).unwrap_err();
    assert!(matches!(cause(error), SnapshotError::Needed { .. }));
    store.wait(401);
    store.plan(&[(2, Fault::Crash)]);
    assert!(drive(&store, archive.delete(OBJECT, id)).is_none());
    store.wait(3_500);
    let error = block_on(archive.verify(OBJECT, id)).unwrap_err();
    assert!(matches!(cause(error), SnapshotError::Deleting { .. }));
    store.wait(101);
    block_on(archive.verify(OBJECT, id))?;
    block_on(archive.delete(OBJECT, id))?;
    assert!(block_on(archive.list(OBJECT))?.is_empty());
    check_store(&store, &[]);
    Ok(())
}
