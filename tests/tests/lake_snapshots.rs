//! Restores and the lake: it comes to hold what was restored, keeps the history of the lineages that were left, and goes on
//! without loss and without duplicates.
//!
//! Invariants 3, 4, 5, 6 and 10.
#![cfg(feature = "lake")]

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering::Relaxed},
    },
};

use futures_executor::block_on;
use tempfile::TempDir;
use terrace::{
    Cause,
    cold::Lake,
    hot::{Maintenance, Retention},
    prelude::*,
    snapshots::{
        Keep, SnapshotError,
        SnapshotKind::{Full, Incremental},
        SnapshotMetadata,
    },
};
use terrace_tests::{Place, Random, copy_folder, documents, options, seed};

#[derive(Collection, Clone, Debug, PartialEq)]
#[collection(columnar(threshold = 8))]
struct Item {
    #[id]
    id: i64,
    note: Option<String>,
}

#[derive(Collection, Clone, Debug, PartialEq)]
struct Other {
    #[id]
    id: i64,
}

fn item(id: i64) -> Item {
    Item { id, note: (id % 2 == 0).then(|| format!("note {id}")) }
}

fn lake_folder(place: &Place) -> PathBuf {
    place.path().with_file_name("lake")
}

struct World {
    place: Place,
    db: Db,
    lake: Lake,
}

impl World {
    fn new(seed: u64) -> Result<Self, StorageError> {
        let place = Place::new();
        let db = options(seed).open(place.path(), collections![Item, Other])?;
        let lake = block_on(Lake::open(&lake_folder(&place).display().to_string()))?;
        db.insert_all(&(0..40).map(item).collect::<Vec<_>>())?;
        db.insert(&Other { id: 1 })?;
        Ok(Self { place, db, lake })
    }

    fn sync(&self) -> Result<SyncResult, StorageError> {
        block_on(self.db.sync(&self.lake))
    }

    /// What the lake has, with what it does not hold yet if that is wanted.
    fn in_lake(&self, union: bool) -> Result<Vec<Item>, StorageError> {
        let find = self.lake.find::<Item>(|_| Filter::all());
        let find = if union { find.with(&self.db)? } else { find };
        let mut found = block_on(find.all())?;
        found.sort_by_key(|item| item.id);
        Ok(found)
    }

    fn at(&self, time: Timestamp) -> Result<Vec<Item>, StorageError> {
        let mut found = block_on(self.lake.find::<Item>(|_| Filter::all()).as_of(time).all())?;
        found.sort_by_key(|item| item.id);
        Ok(found)
    }

    /// The lake holds what the object has, each event once, before and after it was compacted; a sync has nothing to do.
    fn check(&self) -> Result<(), StorageError> {
        let items: Vec<Item> = documents(&self.db)?;
        if self.db.sync_state(&self.lake)?.watermark > 0 {
            assert_eq!(self.in_lake(true)?, items, "a union read is exact");
        }
        self.sync()?;
        for _ in 0..2 {
            assert_eq!(self.in_lake(false)?, items);
            assert_eq!(self.in_lake(true)?, items);
            assert_eq!(self.sync()?.events, 0, "invariant 4");
            block_on(self.lake.compact::<Item>())?;
        }
        Ok(())
    }

    fn change(&self, random: &mut Random) -> Result<(), StorageError> {
        for _ in 0..=random.below(4) {
            let id = random.below(60).cast_signed();
            match random.below(3) {
                0 => drop(self.db.delete::<Item>(id)?),
                _ => drop(self.db.upsert(&Item { note: Some(random.below(99).to_string()), id })?),
            }
        }
        Ok(())
    }
}

/// When the last event of the log happened.
fn last_time(db: &Db) -> Result<Timestamp, StorageError> {
    let last = db.changes().since(db.changes().head()? - 1)?.next().expect("there is one")?;
    Ok(last.timestamp)
}

#[test]
fn the_lake_comes_to_hold_what_was_restored() -> Result<(), StorageError> {
    for synced_before in [true, false] {
        for written_after in [true, false] {
            let world = World::new(1)?;
            world.db.maintain(Maintenance::default())?;
            if synced_before {
                world.sync()?;
            }
            let then: Vec<Item> = documents(&world.db)?;
            let snapshot = world.db.snapshots().create(Full)?;
            world.change(&mut Random(2))?;
            let between: Vec<Item> = documents(&world.db)?;
            let (time, lineage) = (last_time(&world.db)?, world.db.lineage()?);
            if synced_before {
                // The restore goes back to before the watermark.
                world.sync()?;
            }
            world.db.snapshots().restore(snapshot.id)?;
            assert_eq!(documents::<Item>(&world.db)?, then);
            if written_after {
                world.change(&mut Random(3))?;
            }
            world.check()?;
            assert_eq!(world.at(time)?, between, "the history of {lineage} is still there");
        }
    }
    Ok(())
}

#[test]
fn what_comes_from_an_archive_gets_to_the_lake_once() -> Result<(), StorageError> {
    for synced_before in [true, false] {
        let world = World::new(1)?;
        world.db.maintain(Maintenance::default())?;
        let then: Vec<Item> = documents(&world.db)?;
        let id = world.db.snapshots().create(Full)?.id;
        let archive = world.lake.archive("shop");
        block_on(archive.promote(&world.db, id))?;
        world.db.snapshots().delete(id)?;
        world.change(&mut Random(2))?;
        let (time, between) = (last_time(&world.db)?, documents::<Item>(&world.db)?);
        if synced_before {
            // the restore goes back to before the watermark
            world.sync()?;
        }
        block_on(archive.restore(&world.db, world.db.object_id(), id))?;
        assert_eq!(documents::<Item>(&world.db)?, then);
        world.change(&mut Random(3))?;
        world.check()?;
        assert_eq!(world.at(time)?, between);

        let other = options(4).object("another").open_in_memory(collections![Item, Other])?;
        other.insert_all(&(30..80).map(item).collect::<Vec<_>>())?;
        if synced_before {
            block_on(other.sync(&world.lake))?;
        }
        block_on(archive.restore(&other, world.db.object_id(), id))?;
        other.delete::<Item>(then[0].id)?;
        block_on(other.sync(&world.lake))?;
        assert_eq!(block_on(other.sync(&world.lake))?.events, 0, "invariant 4");
        for db in [&world.db, &other] {
            let find = world.lake.find::<Item>(|_| Filter::all()).object(db.object_id());
            let mut found = block_on(find.all())?;
            found.sort_by_key(|item| item.id);
            assert_eq!(found, documents::<Item>(db)?);
        }
    }
    Ok(())
}

#[test]
fn a_restore_of_one_collection_leaves_the_others_in_the_lake() -> Result<(), StorageError> {
    let world = World::new(1)?;
    let snapshot = world.db.snapshots().create(Full)?;
    world.sync()?;
    world.db.insert(&Other { id: 2 })?;
    world.change(&mut Random(2))?;
    world.db.snapshots().restore_collection::<Item>(snapshot.id)?;
    world.check()?;
    let others = block_on(world.lake.find::<Other>(|_| Filter::all()).all())?;
    assert_eq!(others.len(), 2);
    Ok(())
}

#[test]
fn a_snapshot_stays_until_the_lake_has_what_was_restored_from_it() -> Result<(), StorageError> {
    let world = World::new(1)?;
    let first = world.db.snapshots().create(Full)?;
    world.change(&mut Random(2))?;
    let built = world.db.snapshots().create(Incremental)?;
    world.sync()?;
    world.db.snapshots().restore(built.id)?;
    world.db.snapshots().create(Full)?;
    assert!(world.db.snapshots().delete(built.id).is_err());
    let removed = world.db.snapshots().retain(Keep { newest: 1, ..Keep::default() })?;
    assert!(removed.is_empty(), "invariant 10: {removed:?}");
    world.check()?;
    assert_eq!(world.db.snapshots().retain(Keep { newest: 1, ..Keep::default() })?, [first.id, built.id]);
    world.check()
}

#[test]
fn a_restore_whose_snapshot_is_gone_is_made_up_for() -> Result<(), StorageError> {
    let world = World::new(1)?;
    let snapshot = world.db.snapshots().create(Full)?;
    world.change(&mut Random(2))?;
    world.db.snapshots().restore(snapshot.id)?;
    world.change(&mut Random(3))?;
    // no lake is known yet, so nothing waits for it
    world.db.snapshots().delete(snapshot.id)?;
    let items: Vec<Item> = documents(&world.db)?;
    world.sync()?;
    assert_eq!(world.in_lake(false)?, items);
    world.check()
}

#[test]
fn restores_syncs_and_writes_in_any_order() -> Result<(), StorageError> {
    let seed = seed();
    println!("TERRACE_SEED={seed}");
    for round in 0..if terrace_tests::long() { 100 } else { 8 } {
        let mut random = Random(seed.wrapping_add(round));
        let world = World::new(random.bits())?;
        let mut taken: Vec<SnapshotMetadata> = Vec::new();
        let mut known = Vec::new();
        for _ in 0..16 {
            match random.below(7) {
                0 => taken.push(world.db.snapshots().create(Full)?),
                1 => taken.push(world.db.snapshots().create(Incremental)?),
                2 if !taken.is_empty() => {
                    let at = usize::try_from(random.below(taken.len() as u64)).unwrap_or(0);
                    world.db.snapshots().restore(taken[at].id)?;
                }
                3 => {
                    world.sync()?;
                    known.push((last_time(&world.db)?, documents::<Item>(&world.db)?));
                }
                4 => drop(world.db.maintain(Maintenance::default())?),
                _ => world.change(&mut random)?,
            }
        }
        world.check()?;
        for (time, items) in known {
            assert_eq!(world.at(time)?, items, "as of {time}");
        }
        assert!(world.place.path().exists());
    }
    Ok(())
}

impl World {
    /// The log and the snapshots forget all that they may.
    fn forget(&self) -> Result<(), StorageError> {
        let next = (self.db.changes().head()? * 10_000).cast_signed();
        self.db.insert_all(&(next..next + 4_000).map(|id| Other { id }).collect::<Vec<_>>())?;
        self.sync()?;
        for snapshot in self.db.snapshots().list()?.iter().rev() {
            self.db.snapshots().delete(snapshot.id)?;
        }
        self.db.changes().prune(Retention { keep: 0, cap: None }).map(drop)
    }

    /// What there was at a time, by the lake.
    fn remembered(&self, time: Timestamp) -> Result<Vec<Item>, StorageError> {
        let snapshot = block_on(self.db.snapshots().create_at_from(&self.lake, time))?;
        assert_eq!(snapshot.timestamp, time);
        self.db.snapshots().verify(snapshot.id)?;
        let copy = options(5).open_in_memory(collections![Item, Other])?;
        self.db.snapshots().restore_into(snapshot.id, &copy)?;
        self.db.snapshots().delete(snapshot.id)?;
        documents(&copy)
    }
}

fn is_out_of_reach<R: std::fmt::Debug>(result: Result<R, StorageError>) -> bool {
    let error = result.expect_err("nothing reaches it").source;
    matches!(&error, Cause::Snapshot(of) if matches!(**of, SnapshotError::OutOfReach { .. }))
}

#[test]
fn moments_that_only_the_lake_remembers_are_gone_back_to() -> Result<(), StorageError> {
    let seed = seed();
    println!("TERRACE_SEED={seed}");
    for round in 0..if terrace_tests::long() { 60 } else { 4 } {
        let mut random = Random(seed.wrapping_add(round));
        let world = World::new(random.bits())?;
        let mut taken: Vec<SnapshotMetadata> = Vec::new();
        let mut known = Vec::new();
        for _ in 0..14 {
            match random.below(8) {
                0 => taken.push(world.db.snapshots().create(Full)?),
                1 if !taken.is_empty() => {
                    let at = usize::try_from(random.below(taken.len() as u64)).unwrap_or(0);
                    world.db.snapshots().restore(taken[at].id)?;
                }
                2 => drop(world.sync()?),
                3 => {
                    world.sync()?;
                    block_on(world.lake.compact::<Item>())?;
                }
                _ => world.change(&mut random)?,
            }
            known.push((last_time(&world.db)?, documents::<Item>(&world.db)?));
        }
        world.forget()?;
        for (time, items) in &known {
            assert!(is_out_of_reach(world.db.snapshots().create_at(*time)), "the log is pruned");
            assert_eq!(world.remembered(*time)?, *items, "invariant 3, as of {time}");
        }
        let (time, items) = &known[usize::try_from(random.below(known.len() as u64)).unwrap_or(0)];
        block_on(world.db.snapshots().restore_to_from(&world.lake, *time))?;
        assert_eq!(documents::<Item>(&world.db)?, *items);
        world.change(&mut random)?;
        world.check()?;
    }
    Ok(())
}

#[test]
fn a_moment_that_the_lake_does_not_reach_without_a_gap_is_refused() -> Result<(), StorageError> {
    let world = World::new(1)?;
    let early = last_time(&world.db)?;
    world.db.insert_all(&(2_000..6_000).map(|id| Other { id }).collect::<Vec<_>>())?;
    // nobody has asked for the log yet
    world.db.changes().prune(Retention { keep: 0, cap: None })?;
    world.db.insert(&item(3_000))?;
    let late = last_time(&world.db)?;
    world.sync()?;
    let begun = last_time(&world.db)?;
    let items: Vec<Item> = documents(&world.db)?;
    world.change(&mut Random(3))?;
    world.forget()?;
    let present = (documents::<Item>(&world.db)?, world.db.changes().head()?);
    for time in [early, late, Timestamp::from_micros(0)] {
        assert!(is_out_of_reach(block_on(world.db.snapshots().restore_to_from(&world.lake, time))));
    }
    assert_eq!((documents::<Item>(&world.db)?, world.db.changes().head()?), present, "nothing was touched");
    assert!(world.db.snapshots().list()?.is_empty(), "what was begun in vain is gone");
    assert_eq!(world.remembered(begun)?, items);
    Ok(())
}

/// How an object is taken back to any moment that its lake has all events of, and refused where it may not.
struct Losing {
    world: World,
    /// What the object held at the times of its events.
    known: Vec<(Timestamp, Vec<Item>)>,
    backup: Option<TempDir>,
}

impl Losing {
    fn new(seed: u64) -> Result<Self, StorageError> {
        Ok(Self { world: World::new(seed)?, known: Vec::new(), backup: None })
    }

    fn step(&mut self, random: &mut Random) -> Result<(), StorageError> {
        let world = &self.world;
        let snapshots = world.db.snapshots();
        match random.below(14) {
            0 => drop(snapshots.create(Full)?),
            1 | 2 => {
                let taken = snapshots.list()?;
                if !taken.is_empty() {
                    let at = usize::try_from(random.below(taken.len() as u64)).unwrap_or(0);
                    snapshots.restore(taken[at].id)?;
                }
            }
            3 => {
                for snapshot in snapshots.list()?.iter().rev() {
                    // one that a lake needs stays
                    let _ = snapshots.delete(snapshot.id);
                }
            }
            4 => drop(world.db.fork()?),
            5 => {
                // of more than a page, so that whole rows of the log can go
                world.db.insert_all(
                    &(100..100 + 40)
                        .map(|id| Other { id: id + random.below(1 << 40).cast_signed() })
                        .collect::<Vec<_>>(),
                )?;
                world.db.changes().prune(Retention { keep: 0, cap: None })?;
            }
            6 => drop(world.db.changes().prune(Retention { keep: 0, cap: Some(1) })?),
            7 => {
                let copy = TempDir::new().expect("a folder");
                if lake_folder(&world.place).exists() {
                    copy_folder(&lake_folder(&world.place), copy.path()).expect("a copy");
                    self.backup = Some(copy);
                }
            }
            8 => {
                if let Some(backup) = &self.backup {
                    std::fs::remove_dir_all(lake_folder(&world.place)).expect("the lake is there");
                    copy_folder(backup.path(), &lake_folder(&world.place)).expect("a copy");
                }
            }
            9 | 10 => drop(world.sync()?),
            _ => world.change(random)?,
        }
        self.known.push((last_time(&self.world.db)?, documents(&self.world.db)?));
        Ok(())
    }

    /// Each moment is answered rightly or refused; says how many were answered.
    fn check(&self) -> Result<usize, StorageError> {
        let world = &self.world;
        let mut answered = 0;
        for (time, items) in &self.known {
            let taken = block_on(world.db.snapshots().create_at_from(&world.lake, *time));
            match taken {
                Err(error) => assert!(is_out_of_reach(Err::<(), _>(error))),
                Ok(snapshot) => {
                    let copy = options(5).open_in_memory(collections![Item, Other])?;
                    world.db.snapshots().restore_into(snapshot.id, &copy)?;
                    assert_eq!(documents::<Item>(&copy)?, *items, "invariant 3, as of {time}");
                    world.db.snapshots().delete(snapshot.id)?;
                    answered += 1;
                }
            }
        }
        Ok(answered)
    }
}

#[test]
fn a_moment_of_which_events_are_missing_is_refused() -> Result<(), StorageError> {
    let seed = seed();
    println!("TERRACE_SEED={seed}");
    let (mut answered, mut asked) = (0, 0);
    for round in 0..if terrace_tests::long() { 300 } else { 10 } {
        let mut random = Random(seed.wrapping_add(round));
        let mut losing = Losing::new(random.bits())?;
        for _ in 0..24 {
            losing.step(&mut random)?;
        }
        losing.world.forget()?;
        answered += losing.check()?;
        asked += losing.known.len();
        losing.world.check()?;
    }
    println!("{answered} of {asked} moments were answered");
    assert!(answered > asked / 8, "{answered} of {asked}");
    Ok(())
}

#[test]
fn a_lake_that_was_taken_back_to_a_backup_knows_what_it_lacks() -> Result<(), StorageError> {
    let world = World::new(1)?;
    let (early, items) = (last_time(&world.db)?, documents::<Item>(&world.db)?);
    world.db.delete::<Item>(5)?;
    world.db.insert(&Other { id: 2 })?;
    world.sync()?;
    let backup = TempDir::new().expect("a folder");
    copy_folder(&lake_folder(&world.place), backup.path()).expect("a copy");
    world.change(&mut Random(2))?;
    let late = last_time(&world.db)?;
    world.forget()?;
    std::fs::remove_dir_all(lake_folder(&world.place)).expect("the lake is there");
    copy_folder(backup.path(), &lake_folder(&world.place)).expect("a copy");
    assert!(is_out_of_reach(block_on(world.db.snapshots().create_at_from(&world.lake, late))));
    assert_eq!(world.remembered(early)?, items, "what it had stays");
    let begun = last_time(&world.db)?;
    world.forget()?;
    assert_eq!(world.remembered(begun)?, documents::<Item>(&world.db)?);
    Ok(())
}

#[test]
fn a_table_that_lost_a_lineage_which_another_one_has_knows_it() -> Result<(), StorageError> {
    let world = World::new(1)?;
    world.sync()?;
    let backup = TempDir::new().expect("a folder");
    let table = lake_folder(&world.place).join("item_changes");
    copy_folder(&table, backup.path()).expect("a copy");
    world.db.fork()?;
    world.change(&mut Random(2))?;
    let late = last_time(&world.db)?;
    world.forget()?;
    std::fs::remove_dir_all(&table).expect("the table is there");
    copy_folder(backup.path(), &table).expect("a copy");
    assert!(is_out_of_reach(block_on(world.db.snapshots().create_at_from(&world.lake, late))));
    Ok(())
}

#[derive(Collection, Clone, Debug, PartialEq)]
#[collection(snapshot(every = "1h", keep = 1))]
struct Watched {
    #[id]
    id: i64,
}

#[test]
fn an_automatic_snapshot_takes_no_account_of_those_of_other_objects() -> Result<(), StorageError> {
    const HOUR: i64 = 3_600_000_000;
    let clock = Arc::new(AtomicI64::new(HOUR));
    let open = |object: &str| {
        let time = clock.clone();
        let now = move || Timestamp::from_micros(time.load(Relaxed));
        options(object.len() as u64).object(object).clock(now).open_in_memory(collections![Watched])
    };
    let (own, other) = (open("own")?, open("other")?);
    let archive = block_on(Lake::open("memory://"))?.archive("shop");
    for db in [&own, &other] {
        db.insert(&Watched { id: 1 })?;
        assert!(db.maintain(Maintenance::default())?.snapshot.is_some());
        clock.fetch_add(HOUR, Relaxed);
    }
    let newest = other.snapshots().list()?[0].id;
    block_on(archive.promote(&other, newest))?;
    block_on(archive.fetch(&own, "other", newest))?;
    assert_eq!(own.snapshots().list()?[1].id, newest, "it is newer than the object's own");
    assert_eq!(own.maintain(Maintenance::default())?.snapshot, None, "nothing has happened since");
    own.insert(&Watched { id: 2 })?;
    assert!(own.maintain(Maintenance::default())?.snapshot.is_some());
    assert!(own.snapshots().inspect(newest).is_ok(), "what was fetched stays");
    // the rules are for the object's own
    own.snapshots().retain(Keep { newest: 1, ..Keep::default() })?;
    let kept = own.snapshots().list()?;
    assert!(kept.iter().any(|of| of.id == newest) && kept.iter().any(|of| of.object == "own"), "{kept:?}");
    Ok(())
}

#[test]
fn an_object_that_was_made_anew_begins_with_nothing() -> Result<(), StorageError> {
    [false, true].into_iter().try_for_each(made_anew)
}

fn made_anew(forked: bool) -> Result<(), StorageError> {
    let clock = Arc::new(AtomicI64::new(1));
    let mut lives = 0;
    let mut life = || {
        lives += 1;
        let time = clock.clone();
        let now = move || Timestamp::from_micros(time.fetch_add(1, Relaxed));
        options(lives).object("one").clock(now).open_in_memory(collections![Item, Other])
    };
    let lake = block_on(Lake::open("memory://"))?;
    let in_lake = || {
        let items = block_on(lake.find::<Item>(|_| Filter::all()).all())?.len();
        Ok::<_, StorageError>((items, block_on(lake.find::<Other>(|_| Filter::all()).all())?.len()))
    };
    let first = life()?;
    first.insert_all(&(0..5).map(item).collect::<Vec<_>>())?;
    first.insert(&Other { id: 1 })?;
    if forked {
        first.fork()?;
    }
    block_on(first.sync(&lake))?;
    block_on(lake.compact::<Other>())?;
    let of_first = last_time(&first)?;
    drop(first);

    for pruned in [false, true, false] {
        let next = life()?;
        next.insert(&item(100))?;
        let early = last_time(&next)?;
        if pruned {
            next.insert_all(&(5_000..9_000).map(item).collect::<Vec<_>>())?;
            next.delete::<Item>(8_999)?;
            assert!(next.changes().prune(Retention { keep: 0, cap: None })?.rows > 0);
        }
        block_on(next.sync(&lake))?;
        let items: Vec<Item> = documents(&next)?;
        assert_eq!(in_lake()?, (items.len(), 0), "what the earlier one had is gone");
        next.insert_all(&(1_000..4_000).map(item).collect::<Vec<_>>())?;
        next.delete::<Item>(100)?;
        next.insert(&Other { id: 9 })?;
        block_on(next.sync(&lake))?;
        next.changes().prune(Retention { keep: 0, cap: None })?;
        let at = |time| block_on(next.snapshots().create_at_from(&lake, time));
        assert_eq!(at(of_first)?.documents(), 6, "its history stays");
        if pruned {
            assert!(is_out_of_reach(at(early)));
        } else {
            assert_eq!(at(early)?.documents(), 1);
        }
        block_on(lake.compact::<Item>())?;
        block_on(lake.compact::<Other>())?;
        assert_eq!(in_lake()?, (documents::<Item>(&next)?.len(), 1));
    }
    Ok(())
}
