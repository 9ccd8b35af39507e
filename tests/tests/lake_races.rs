//! Several processes at one lake, a step of one after a step of another in an order that a seed gives: some are slow, and wake
//! up with a version of the table that is long gone.
//!
//! Invariants 4 and 10: whatever the order, each event is in the lake once, and who reads sees every object as it was at one
//! moment, or an error that says what is gone.
#![cfg(feature = "lake")]
#![allow(clippy::unwrap_used)] // the world of a test

use std::{
    cell::{Cell, RefCell},
    future::Future,
    task::{Context, Waker},
    time::Duration,
};

use terrace::{
    Cause,
    cold::{CatalogError, Delivery, Expiry, FileError, Lake, LakeError, StoreError, StoreErrorKind},
    hot::Retention,
    prelude::*,
};
use terrace_tests::{
    Random,
    audit::{Item, audit},
    cases,
    faulty::{Fault, FaultyStore, Job, drive, interleave, pause},
    scene::{
        CHANGES, Object, Scene,
        Step::{Compact, Orphans, Sync, Wait, Write},
    },
};

/// How many earlier versions a table remembers, and keeps.
const REMEMBERED_VERSIONS: usize = 20;

/// An object of several processes.
struct Watched {
    object: RefCell<Object>,
    /// The position that the lake was last said to hold.
    synced: Cell<u64>,
}

impl Watched {
    fn new(mut object: Object, store: &FaultyStore) -> Self {
        let db = object.open(store);
        let synced = Cell::new(db.sync_state(&store.lake()).unwrap().watermark);
        Self { object: object.into(), synced }
    }

    /// Its documents among those that were found are what it held at a position, or later.
    fn check(&self, found: &[Item], since: u64) {
        let Object { name, states, .. } = &*self.object.borrow();
        let mut found: Vec<Item> =
            found.iter().filter(|item| item.note.starts_with(name.as_str())).cloned().collect();
        found.sort();
        // a position between two transactions that were kept is that of the earlier one
        let first = states.range(..=since).next_back().map_or(0, |(at, _)| *at);
        let is_known = states.range(first..).any(|(_, state)| *state == found);
        assert!(is_known, "{name} never was, since {since}: {found:#?}");
    }
}

/// Whether an error is one that others and the faults of the store may cause.
fn is_expected(error: &StorageError) -> bool {
    let of_store =
        |error: &StoreError| matches!(error.kind, StoreErrorKind::NotFound | StoreErrorKind::Unknown);
    match &error.source {
        Cause::Store(error)
        | Cause::Catalog(CatalogError::Store(error))
        | Cause::File(FileError::Store(error)) => of_store(error),
        Cause::Lake(error) => matches!(
            error,
            LakeError::Stale { .. }
                | LakeError::NoTable { .. }
                | LakeError::NoSnapshot { .. }
                | LakeError::Lost { .. }
                | LakeError::Contended { .. }
        ),
        Cause::Pruned { .. } => true,
        _ => false,
    }
}

fn allowed<R>(done: Result<R, StorageError>) -> Option<R> {
    done.map_err(|error| assert!(is_expected(&error), "{error:?}")).ok()
}

/// Writes and syncs an object.
async fn sync(of: &Watched, store: &FaultyStore, rounds: u64, writes: bool, prunes: bool) {
    let db = of.object.borrow_mut().open(store);
    let lake = store.lake();
    for round in 0..rounds {
        if writes {
            of.object.borrow_mut().write(&db);
            if round == 1 {
                db.fork().unwrap();
            }
            of.object.borrow_mut().note(&db);
        }
        if let Some(done) = allowed(db.sync(&lake).await) {
            of.synced.set(of.synced.get().max(done.watermark));
        }
        of.object.borrow_mut().note(&db);
        if prunes {
            db.changes().prune(Retention { keep: 0, cap: None }).unwrap();
        }
        pause().await;
    }
}

async fn compact(lake: Lake) {
    for _ in 0..3 {
        allowed(lake.compact::<Item>().await);
    }
}

async fn expire(lake: Lake, keep: usize) {
    for _ in 0..3 {
        allowed(lake.expire::<Item>(Expiry { before: Timestamp::from_micros(i64::MAX), keep }).await);
    }
}

async fn remove_orphans(lake: Lake) {
    for _ in 0..3 {
        allowed(lake.remove_orphans("item", Duration::from_hours(1)).await);
    }
}

/// Reads what is there now, and as the newest snapshot has it.
async fn read(lake: Lake, objects: &[Watched]) {
    for _ in 0..4 {
        let since: Vec<u64> = objects.iter().map(|of| of.synced.get()).collect();
        if let Some(found) = allowed(lake.find::<Item>(|_| Filter::all()).all().await) {
            objects.iter().zip(since).for_each(|(of, since)| of.check(&found, since));
        }
        pause().await;
    }
}

/// Reads an object with what it has and the lake does not.
async fn read_with(lake: Lake, store: &FaultyStore, of: &Watched) {
    let db = of.object.borrow_mut().open(store);
    for _ in 0..4 {
        let head = db.changes().head().unwrap();
        let question = lake.find::<Item>(|_| Filter::all()).object(db.object_id());
        let Some(question) = allowed(question.with(&db)) else { continue };
        if let Some(found) = allowed(question.all().await) {
            of.check(&found, head);
        }
        pause().await;
    }
}

/// Reads as snapshots have it that were there at the beginning.
async fn read_snapshots(lake: Lake, snapshots: Vec<i64>, objects: &[Watched]) {
    for snapshot in snapshots {
        let question = lake.find::<Item>(|_| Filter::all()).as_of_snapshot(snapshot);
        if let Some(found) = allowed(question.all().await) {
            for of in objects {
                of.check(&found, 0);
            }
        }
    }
}

/// What was delivered to the changelog, by the ids of its commits.
fn delivered(store: &FaultyStore) -> Vec<Delivery> {
    let Some(audited) = audit(store, CHANGES) else { return Vec::new() };
    let delivery = |snapshot: &terrace::cold::iceberg::Snapshot| {
        let id = snapshot.summary.get("terrace.commit-id")?;
        let mut parts = id.split('/');
        let (object, lineage, range) = (parts.next()?, parts.next()?, parts.next()?);
        let (after, until) = range.split_once('-')?;
        let files = audited.added.get(&snapshot.snapshot_id)?.clone();
        Some(Delivery {
            collection: "item".to_owned(),
            object: object.to_owned(),
            lineage: lineage.to_owned(),
            after: after.parse().ok(),
            until: until.parse().ok()?,
            files,
        })
    };
    audited.metadata.snapshots.iter().filter_map(delivery).collect()
}

/// What was there before the race: nothing, or tables with a history and what a crash left behind.
fn prelude(random: &mut Random) -> Scene {
    let mut scene = Scene::new();
    if random.below(4) == 0 {
        return scene;
    }
    let steps = [
        Write(0),
        Sync(0),
        Write(1),
        Sync(1),
        Compact,
        Write(0),
        Write(1),
        Sync(1),
        Sync(0),
        Compact,
        Write(0),
    ];
    let end = 1 + usize::try_from(random.below(steps.len() as u64)).unwrap_or(0);
    for step in &steps[..end] {
        scene.run(*step).unwrap().unwrap();
    }
    // a process that crashed: what it stored is old when the race begins, and the same work is done again
    let crashed = [Sync(0), Sync(1), Compact][usize::try_from(random.below(3)).unwrap_or(0)];
    scene.store.plan(&[(usize::try_from(random.below(30)).unwrap_or(0), Fault::Crash)]);
    if let Some(done) = scene.run(crashed) {
        allowed(done);
    }
    scene.store.plan(&[]);
    scene.run(Wait).unwrap().unwrap();
    scene
}

fn race(random: &mut Random) {
    let Scene { store, objects, .. } = prelude(random);
    let objects: Vec<Watched> = objects.into_iter().map(|object| Watched::new(object, &store)).collect();
    let snapshots: Vec<i64> =
        audit(&store, CHANGES).map_or_else(Vec::new, |audited| audited.rows.into_keys().collect());
    let deliveries = RefCell::new(delivered(&store));
    let mut faults = Vec::new();
    for _ in 0..random.below(4) {
        let kinds = Fault::of(true);
        let kind = kinds[usize::try_from(random.below(kinds.len() as u64)).unwrap_or(0)];
        faults.push((usize::try_from(random.below(400)).unwrap_or(0), kind));
    }
    store.plan(&faults);
    let prunes = random.below(2) == 0;
    let mut jobs: Vec<Job<'_>> = vec![
        Box::pin(sync(&objects[0], &store, 3, true, prunes)),
        Box::pin(sync(&objects[0], &store, 3, random.below(2) == 0, prunes)),
        Box::pin(sync(&objects[1], &store, 3, true, false)),
        Box::pin(compact(store.lake())),
        Box::pin(read(store.lake(), &objects)),
        Box::pin(read_with(store.lake(), &store, &objects[0])),
        Box::pin(read_snapshots(store.lake(), snapshots, &objects)),
    ];
    if random.below(2) == 0 {
        jobs.push(Box::pin(compact(store.lake())));
    }
    if random.below(3) > 0 {
        jobs.push(Box::pin(expire(store.lake(), 1 + usize::try_from(random.below(3)).unwrap_or(0))));
        jobs.push(Box::pin(remove_orphans(store.lake())));
    }
    jobs.push(Box::pin(async {
        let late = deliveries.borrow().clone();
        for delivery in late {
            allowed(store.lake().deliver(&[delivery]).await);
        }
    }));
    interleave(&store, jobs, random);
    store.settle();
    store.plan(&[]);
    let late = delivered(&store);
    for delivery in late.iter().chain(deliveries.borrow().iter()) {
        allowed(drive(&store, store.lake().deliver(std::slice::from_ref(delivery))).unwrap());
    }
    let mut scene = Scene::of(store, objects.into_iter().map(|of| of.object.into_inner()).collect());
    scene.check();
    scene.finish();
}

#[test]
fn whoever_is_first_each_event_is_in_the_lake_once() {
    cases(200, 20_000, race);
}

/// A process stops at each of its steps, for a day in which the others make so many versions that the next ones after the
/// one that it knows are removed; then it goes on.
#[test]
fn a_committer_that_wakes_up_late_takes_nobody_back() {
    for steps in (1..).step_by(2) {
        let mut scene = Scene::new();
        for step in [Write(0), Write(1), Sync(0), Sync(1), Compact, Write(0)] {
            scene.run(step).unwrap().unwrap();
        }
        let store = scene.store.clone();
        let mut sleeping = Scene::of(store.clone(), vec![scene.objects.remove(0)]);
        let db = sleeping.objects[0].open(&store);
        let lake = store.lake();
        let mut sleeper = std::pin::pin!(db.sync(&lake));
        let mut context = Context::from_waker(Waker::noop());
        if (0..steps).any(|_| sleeper.as_mut().poll(&mut context).is_ready()) {
            println!("{steps} steps");
            return;
        }
        for _ in 0..REMEMBERED_VERSIONS + 3 {
            scene.run(Write(0)).unwrap().unwrap();
            scene.run(Sync(0)).unwrap().unwrap();
        }
        scene.run(Wait).unwrap().unwrap();
        scene.run(Orphans).unwrap().unwrap();
        drive(&store, sleeper).unwrap().map_or_else(|error| assert!(is_expected(&error), "{error}"), drop);
        scene.objects.insert(0, sleeping.objects.remove(0));
        scene.check();
        scene.finish();
    }
}

/// A removal of orphans lists a file that is on its way, and takes so long that the file is old when it comes to it; meanwhile
/// the file was committed.
#[test]
fn a_removal_that_is_slow_leaves_what_was_committed_meanwhile() {
    let mut before = Scene::new();
    for step in [Write(0), Write(1), Sync(0), Sync(1), Compact, Write(0)] {
        before.run(step).unwrap().unwrap();
    }
    let mut context = Context::from_waker(Waker::noop());
    for (syncing, removing) in
        (9..27).step_by(3).flat_map(|at| (1..).step_by(3).map(move |to| (at, to)).take(20))
    {
        let mut scene = before.copy();
        let store = scene.store.clone();
        let (db, lake) = (scene.objects[0].open(&store), store.lake());
        let mut sync = std::pin::pin!(db.sync(&lake));
        assert!((0..syncing).all(|_| sync.as_mut().poll(&mut context).is_pending()));
        let mut removal = std::pin::pin!(remove_orphans(store.lake()));
        let is_through = (0..removing).any(|_| removal.as_mut().poll(&mut context).is_ready());
        drive(&store, sync).unwrap().unwrap();
        store.wait(86_400);
        if !is_through {
            drive(&store, removal).unwrap();
        }
        scene.check();
    }
}

/// A compaction stops at each of its steps, until another has folded the same events and more; then it goes on.
#[test]
fn a_compaction_that_wakes_up_late_folds_nothing_twice() {
    let mut before = Scene::new();
    for step in [Write(0), Sync(0)] {
        before.run(step).unwrap().unwrap();
    }
    let mut context = Context::from_waker(Waker::noop());
    for steps in 1.. {
        let mut scene = before.copy();
        let store = scene.store.clone();
        let lake = store.lake();
        let mut sleeper = std::pin::pin!(lake.compact::<Item>());
        if (0..steps).any(|_| sleeper.as_mut().poll(&mut context).is_ready()) {
            println!("{steps} steps");
            return;
        }
        for step in [Write(1), Sync(1), Compact] {
            scene.run(step).unwrap().unwrap();
        }
        drive(&store, sleeper).unwrap().unwrap();
        scene.finish();
    }
}
