//! The lake: what was synced is found there, as the objects have it, at every moment.
//!
//! Invariants 3 and 4: random writes, syncs, compactions and expiries against the objects themselves.
#![cfg(feature = "lake")]
#![allow(clippy::unwrap_used)] // the world of a test

use std::collections::BTreeMap;

use arrow_array::RecordBatch;
use futures_executor::block_on;
use proptest::{
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner},
};
use terrace::{
    cold::{Expiry, Lake},
    hot::Options,
    prelude::*,
};
use terrace_tests::{long, seed};

#[derive(Collection, Clone, Debug, PartialEq)]
#[collection(partition(bucket(4, object), day(placed)), sort(note, -placed), columnar(threshold = 8))]
struct Order {
    #[id]
    id: i64,
    customer: Uuid,
    total: Decimal<9, 2>,
    placed: Timestamp,
    note: Option<String>,
    weight: f64,
}

/// The same, of whose files compaction deletes rows by their places.
mod on_read {
    use super::*;

    #[derive(Collection, Clone, Debug)]
    #[collection(partition(bucket(4, object), day(placed)), columnar(threshold = 8), merge_on_read)]
    pub struct Order {
        #[id]
        pub id: i64,
        pub customer: Uuid,
        pub total: Decimal<9, 2>,
        pub placed: Timestamp,
        pub note: Option<String>,
        pub weight: f64,
    }
}

fn order(id: i64) -> Order {
    Order {
        id,
        customer: Uuid::from_u128(id.unsigned_abs().into()),
        total: Decimal::from_unscaled(i128::from(id) * 100).expect("it fits"),
        placed: Timestamp::from_micros(id * 3_600_000_000),
        note: (id % 3 != 0).then(|| format!("note {id}")),
        weight: 0.5,
    }
}

fn sorted(mut orders: Vec<Order>) -> Vec<Order> {
    orders.sort_by(|a, b| (a.id, &a.note).cmp(&(b.id, &b.note)));
    orders
}

fn found(lake: &Lake) -> Vec<Order> {
    sorted(block_on(lake.find::<Order>(|_| Filter::all()).all()).expect("the lake is read"))
}

#[test]
fn what_was_synced_is_found() {
    let lake = block_on(Lake::open("memory://")).unwrap();
    let db = Db::open_in_memory(collections![Order]).unwrap();
    let orders: Vec<Order> = (0..100).map(order).collect();
    db.insert_all(&orders).unwrap();
    let done = block_on(db.sync(&lake)).unwrap();
    assert_eq!((done.events, done.watermark), (100, 100));
    assert_eq!(found(&lake), orders);
    db.update::<Order>(7, |o| o.note = Some("changed".into())).unwrap();
    db.delete::<Order>(8).unwrap();
    let all = |db: &Db| db.all::<Order>().all().unwrap();
    let with = block_on(lake.find::<Order>(|_| Filter::all()).with(&db).unwrap().all()).unwrap();
    assert_eq!(sorted(with), all(&db));
    let done = block_on(db.sync(&lake)).unwrap();
    assert_eq!((done.events, done.watermark), (2, 102));
    assert_eq!(found(&lake), all(&db));
    assert_eq!(block_on(db.sync(&lake)).unwrap().events, 0);
    let seven = block_on(lake.find::<Order>(|o| o.id.eq(7)).all()).unwrap();
    assert_eq!(seven[0].note.as_deref(), Some("changed"));
    assert_eq!(block_on(lake.history::<Order>(7)).unwrap().len(), 2);
}

#[test]
fn batches_have_the_same_columns_compacted_or_not() {
    let lake = block_on(Lake::open("memory://")).unwrap();
    let db = Db::open_in_memory(collections![Order]).unwrap();
    db.insert_all(&(0..10).map(order).collect::<Vec<_>>()).unwrap();
    block_on(db.sync(&lake)).unwrap();
    block_on(lake.compact::<Order>()).unwrap();
    db.update::<Order>(7, |o| o.note = Some("changed".into())).unwrap();
    block_on(db.sync(&lake)).unwrap();
    let mut rows = block_on(lake.find::<Order>(|_| Filter::all()).batches()).unwrap();
    let columns = |batch: &RecordBatch| -> Vec<_> {
        batch.schema().fields().iter().map(|f| (f.name().clone(), f.data_type().clone())).collect()
    };
    let promised = columns(&RecordBatch::new_empty(rows.schema()));
    let names = ["_object", "_lineage", "_seq", "_ts", "id", "customer", "total", "placed", "note", "weight"];
    assert!(promised.iter().map(|(name, _)| name).eq(names));
    let mut sizes = Vec::new();
    while let Some(batch) = block_on(rows.next()).unwrap() {
        assert_eq!(columns(&batch), promised);
        sizes.push(batch.num_rows());
    }
    assert_eq!(sizes, [9, 1]);
}

/// A struct, and what became of it.
mod versions {
    use super::*;

    #[derive(Collection, Clone, Debug, PartialEq)]
    #[collection(name = "parcel")]
    pub struct First {
        #[id]
        pub id: i64,
        pub weight: i32,
    }

    #[derive(Collection, Clone, Debug, PartialEq)]
    #[collection(name = "parcel")]
    pub struct Second {
        #[id]
        pub id: i64,
        pub weight: i64,
        #[column(fill = "post")]
        pub carrier: String,
        pub note: Option<String>,
    }
}

#[test]
fn batches_have_the_columns_of_the_struct_before_the_state_table_follows_it() {
    use versions::{First, Second};
    let folder = tempfile::tempdir().unwrap();
    let lake = block_on(Lake::open("memory://")).unwrap();
    let path = folder.path().join("object.db");
    let db = Db::open(&path, collections![First]).unwrap();
    db.insert_all(&(0..10).map(|id| First { id, weight: 5 }).collect::<Vec<_>>()).unwrap();
    block_on(db.sync(&lake)).unwrap();
    block_on(lake.compact::<First>()).unwrap();
    drop(db);
    let db = Db::open(&path, collections![Second]).unwrap();
    db.update::<Second>(7, |parcel| parcel.weight = 1 << 40).unwrap();
    block_on(db.sync(&lake)).unwrap();
    let filters: [fn() -> Filter<Second>; 3] = [
        Filter::all,
        || Second::COLUMNS.carrier.eq("post"),
        || Second::COLUMNS.weight.ge(5).and(Second::COLUMNS.note.is_none()),
    ];
    for filter in filters {
        let question = || lake.find::<Second>(|_| filter());
        let mut rows = block_on(question().batches()).unwrap();
        let promised = rows.schema();
        assert_eq!(promised.fields().len(), 8);
        let mut count = 0;
        while let Some(batch) = block_on(rows.next()).unwrap() {
            assert_eq!(batch.schema().fields(), promised.fields());
            count += batch.num_rows();
        }
        let mut found = block_on(question().all()).unwrap();
        found.sort_by_key(|parcel| parcel.id);
        assert_eq!((count, found), (10, db.all::<Second>().all().unwrap()));
    }
}

/// What is asked of a lake can go on in another thread.
#[test]
fn questions_can_be_sent() {
    fn check<T: Send>(_: &T) {}
    let lake = block_on(Lake::open("memory://")).unwrap();
    check(&lake.find::<Order>(|_| Filter::all()).all());
    check(&lake.history::<Order>(7));
    check(&lake.compact::<Order>());
    check(&lake.expire::<Order>(Expiry { before: Timestamp::from_micros(0), keep: 1 }));
    check(&lake.deliver(&[]));
}

/// A collection whose events hold its ids alone.
#[derive(Collection, Clone, Debug, PartialEq)]
#[collection(capture = "keys")]
struct Seen {
    #[id]
    id: i64,
    page: String,
}

#[test]
fn a_collection_that_captures_keys_has_a_changelog_and_no_documents() {
    let lake = block_on(Lake::open("memory://")).unwrap();
    let db = Db::open_in_memory(collections![Seen]).unwrap();
    db.insert(&Seen { id: 1, page: "/".into() }).unwrap();
    assert_eq!(block_on(db.sync(&lake)).unwrap().events, 1);
    assert_eq!(block_on(lake.compact::<Seen>()).unwrap().events, 0);
    let refused = block_on(lake.find::<Seen>(|_| Filter::all()).all()).unwrap_err();
    assert!(matches!(refused.source, terrace::Cause::NotReplayable { .. }), "{refused}");
}

/// A log that was pruned before the first sync: the documents come as they are, and the log goes on from there.
#[test]
fn what_the_log_no_longer_has_is_read_anew() {
    let lake = block_on(Lake::open("memory://")).unwrap();
    let db = Db::open_in_memory(collections![Order]).unwrap();
    let orders: Vec<Order> = (0..3_000).map(order).collect();
    for part in orders.chunks(100) {
        db.insert_all(part).unwrap();
    }
    db.changes().prune(Retention { keep: 10, cap: None }).unwrap();
    block_on(db.sync(&lake)).unwrap();
    assert_eq!(found(&lake), orders);
    db.delete::<Order>(5).unwrap();
    block_on(db.sync(&lake)).unwrap();
    assert_eq!(found(&lake), sorted(db.all::<Order>().all().unwrap()));
    block_on(lake.compact::<Order>()).unwrap();
    assert_eq!(found(&lake), sorted(db.all::<Order>().all().unwrap()));
}

/// A lake whose folder was emptied: it is noticed, and all comes again.
#[test]
fn a_lake_that_was_lost_is_filled_again() {
    let folder = tempfile::tempdir().unwrap();
    let open = || block_on(Lake::open(folder.path().to_str().unwrap())).unwrap();
    let db = Db::open_in_memory(collections![Order]).unwrap();
    db.insert_all(&(0..100).map(order).collect::<Vec<_>>()).unwrap();
    block_on(db.sync(&open())).unwrap();
    std::fs::remove_dir_all(folder.path()).unwrap();
    db.delete::<Order>(5).unwrap();
    let done = block_on(db.sync(&open())).unwrap();
    assert_eq!(done.events, 101);
    assert_eq!(found(&open()), sorted(db.all::<Order>().all().unwrap()));
}

/// Between the moment at which the log is read and that at which the lake is, the lake may have come to hold what the log said,
/// and have folded it with what came later.
#[test]
fn what_the_log_says_does_not_hide_what_the_lake_knows_since() {
    let lake = block_on(Lake::open("memory://")).unwrap();
    let db = Db::open_in_memory(collections![Order]).unwrap();
    db.insert_all(&(0..10).map(order).collect::<Vec<_>>()).unwrap();
    block_on(db.sync(&lake)).unwrap();
    db.update::<Order>(7, |o| o.note = Some("first".into())).unwrap();
    let question = lake.find::<Order>(|_| Filter::all()).with(&db).unwrap();
    db.update::<Order>(7, |o| o.note = Some("second".into())).unwrap();
    block_on(db.sync(&lake)).unwrap();
    block_on(lake.compact::<Order>()).unwrap();
    assert_eq!(sorted(block_on(question.all()).unwrap()), db.all::<Order>().all().unwrap());
}

/// What is done to one of three objects, or to the lake.
#[derive(Clone, Debug)]
enum Op {
    Insert(usize, i64),
    InsertMany(usize, i64, i64),
    Update(usize, i64, String),
    Delete(usize, i64),
    Fork(usize),
    Sync(usize),
    Compact,
    Expire(usize),
}

const OBJECTS: usize = 3;

fn op() -> impl Strategy<Value = Op> {
    let object = || 0..OBJECTS;
    let id = || 0..40_i64;
    prop_oneof![
        4 => (object(), id()).prop_map(|(object, id)| Op::Insert(object, id)),
        1 => (object(), id(), 1..60_i64).prop_map(|(object, id, count)| Op::InsertMany(object, id + 100, count)),
        4 => (object(), id(), "[a-c]{0,3}").prop_map(|(object, id, note)| Op::Update(object, id, note)),
        2 => (object(), id()).prop_map(|(object, id)| Op::Delete(object, id)),
        1 => object().prop_map(Op::Fork),
        4 => object().prop_map(Op::Sync),
        2 => Just(Op::Compact),
        1 => (1..4_usize).prop_map(Op::Expire),
    ]
}

/// Three objects, a lake, and a clock that goes on with each operation.
struct World {
    lake: Lake,
    objects: Vec<Db>,
    now: std::sync::Arc<std::sync::atomic::AtomicI64>,
    /// What the lake has to hold of each object: what was there when it was last synced.
    synced: Vec<Vec<Order>>,
    /// What it had to hold at earlier moments, as far as all objects were synced since.
    moments: Vec<(Timestamp, Vec<Vec<Order>>)>,
    /// The snapshots of the changelog, with what they hold.
    snapshots: BTreeMap<i64, Vec<Order>>,
}

impl World {
    fn new(merge_on_read: bool) -> Self {
        use std::sync::atomic::{AtomicI64, Ordering};
        let now = std::sync::Arc::new(AtomicI64::new(1_700_000_000_000_000));
        let time = {
            let now = now.clone();
            move || Timestamp::from_micros(now.load(Ordering::SeqCst))
        };
        let lake = block_on(Lake::open("memory://")).unwrap().clock(time.clone());
        let open = |at: usize| {
            let options = Options::new().object(format!("object-{at}")).clock(time.clone());
            options.open_in_memory(collections![Order]).unwrap()
        };
        let objects: Vec<Db> = (0..OBJECTS).map(open).collect();
        if merge_on_read {
            Self::merge_on_read(&lake);
        }
        let synced = vec![Vec::new(); OBJECTS];
        Self { lake, objects, now, synced, moments: Vec::new(), snapshots: BTreeMap::new() }
    }

    /// The newest version of the struct says so, which an object has that is empty by now; the others go on with the earlier.
    fn merge_on_read(lake: &Lake) {
        let earlier = Db::open_in_memory(collections![Order]).unwrap();
        earlier.insert(&order(1)).unwrap();
        earlier.delete::<Order>(1).unwrap();
        block_on(earlier.sync(lake)).unwrap();
        let newest = Db::open_in_memory(collections![on_read::Order]).unwrap();
        let Order { id, customer, total, placed, note, weight } = order(1);
        newest.insert(&on_read::Order { id, customer, total, placed, note, weight }).unwrap();
        newest.delete::<on_read::Order>(id).unwrap();
        block_on(newest.sync(lake)).unwrap();
        block_on(lake.compact::<Order>()).unwrap();
        let table = block_on(lake.metadata("order")).unwrap().unwrap();
        assert_eq!(table.properties["write.merge.mode"], "merge-on-read");
    }

    fn run(&mut self, op: &Op) -> Result<(), StorageError> {
        self.now.fetch_add(5_000, std::sync::atomic::Ordering::SeqCst);
        match op {
            Op::Insert(object, id) => drop(self.objects[*object].upsert(&order(*id))?),
            Op::InsertMany(object, from, count) => {
                for id in *from..from + count {
                    self.objects[*object].upsert(&order(id))?;
                }
            }
            Op::Update(object, id, note) => {
                let _ = self.objects[*object].update::<Order>(*id, |o| o.note = Some(note.clone()));
            }
            Op::Delete(object, id) => drop(self.objects[*object].delete::<Order>(*id)?),
            Op::Fork(object) => drop(self.objects[*object].fork()?),
            Op::Sync(object) => self.sync(*object)?,
            Op::Compact => drop(self.compacted()?),
            Op::Expire(keep) => {
                let before = Timestamp::from_micros(i64::MAX);
                let synced = self.synced.iter().any(|orders| !orders.is_empty());
                if synced {
                    block_on(self.lake.expire::<Order>(Expiry { before, keep: *keep }))?;
                    block_on(self.lake.remove_orphans("order", std::time::Duration::ZERO))?;
                    self.snapshots.clear();
                }
            }
        }
        Ok(())
    }

    fn sync(&mut self, object: usize) -> Result<(), StorageError> {
        let done = block_on(self.objects[object].sync(&self.lake))?;
        self.synced[object] = self.objects[object].all::<Order>().all()?;
        let snapshot = done.collections.first().and_then(|done| done.snapshot);
        if let Some(snapshot) = snapshot {
            self.snapshots.insert(snapshot, sorted(self.synced.concat()));
        }
        Ok(())
    }

    fn compacted(&self) -> Result<(), StorageError> {
        match block_on(self.lake.compact::<Order>()) {
            Err(error) if error.to_string().contains("there is no table") => Ok(()),
            done => done.map(drop),
        }
    }

    fn check(&self) -> Result<(), TestCaseError> {
        if self.synced.iter().all(Vec::is_empty) && self.snapshots.is_empty() {
            return Ok(());
        }
        prop_assert_eq!(found(&self.lake), sorted(self.synced.concat()), "the present");
        for (snapshot, orders) in &self.snapshots {
            let then = block_on(self.lake.find::<Order>(|_| Filter::all()).as_of_snapshot(*snapshot).all());
            prop_assert_eq!(&sorted(then.unwrap()), orders, "snapshot {}", snapshot);
        }
        for (at, db) in self.objects.iter().enumerate() {
            let question = self.lake.find::<Order>(|o| o.total.gt("5.00".parse::<Decimal<9, 2>>().unwrap()));
            let with = block_on(question.object(&format!("object-{at}")).with(db).unwrap().all()).unwrap();
            let here =
                db.find::<Order>(|o| o.total.gt("5.00".parse::<Decimal<9, 2>>().unwrap())).all().unwrap();
            prop_assert_eq!(sorted(with), sorted(here), "object {} with what it has", at);
        }
        Ok(())
    }

    /// All objects are synced, and what they hold now is asked for later.
    fn moment(&mut self) -> Result<(), StorageError> {
        for object in 0..OBJECTS {
            self.sync(object)?;
        }
        let now = Timestamp::from_micros(self.now.load(std::sync::atomic::Ordering::SeqCst));
        self.moments.push((now, self.synced.clone()));
        Ok(())
    }

    fn check_moments(&self) -> Result<(), TestCaseError> {
        for (time, orders) in &self.moments {
            let then = block_on(self.lake.find::<Order>(|_| Filter::all()).as_of(*time).all()).unwrap();
            prop_assert_eq!(sorted(then), sorted(orders.concat()), "as of {:?}", time);
        }
        Ok(())
    }
}

fn run(ops: &[Vec<Op>], merge_on_read: bool) -> Result<(), TestCaseError> {
    let mut world = World::new(merge_on_read);
    for part in ops {
        for op in part {
            world.run(op).map_err(|error| TestCaseError::fail(format!("{op:?}: {error}")))?;
            if matches!(op, Op::Sync(_) | Op::Compact | Op::Expire(_)) {
                world.check()?;
            }
        }
        world.moment().map_err(|error| TestCaseError::fail(error.to_string()))?;
        world.check_moments()?;
    }
    world.check()
}

#[test]
fn random_objects_are_found_as_they_are_and_were() {
    let seed = seed();
    println!("seed {seed}");
    let cases = if long() { 1_000 } else { 30 };
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let ops = prop::collection::vec(prop::collection::vec(op(), 1..20), 1..4);
    if let Err(failure) = runner.run(&(ops, any::<bool>()), |(ops, merge_on_read)| run(&ops, merge_on_read)) {
        panic!("seed {seed}: {failure}");
    }
}
