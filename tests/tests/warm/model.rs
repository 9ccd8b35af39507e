//! Invariant 9 against an oracle: whatever is written, read, evicted, invalidated, forked and fails, in whatever order, over
//! several connections and caches, no read gives what was not true within its bound.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    future::Future,
    pin::Pin,
    task::{Context, Poll, Waker},
    time::Duration,
};

use terrace::{
    cdc::Generation,
    prelude::*,
    warm::{Consistency, Policy, Scope, Source},
};
use terrace_tests::{
    Place, Random,
    cache_api::{DataCentre, Edge, Mood, Time, timer},
    cases,
};

#[derive(Collection, Clone, Debug, PartialEq, Eq)]
struct Entry {
    #[id]
    id: i64,
    value: i64,
}

type State = BTreeMap<i64, i64>;

/// What the collection held, and from when on.
struct History(RefCell<Vec<(i64, State)>>);

impl History {
    /// Whether `holds` was true of the collection at some moment from `from` to `to`, their ends included.
    fn ever(&self, from: i64, to: i64, holds: impl Fn(&State) -> bool) -> bool {
        let history = self.0.borrow();
        history.iter().enumerate().any(|(at, (begin, state))| {
            let end = history.get(at + 1).map_or(i64::MAX, |(next, _)| *next);
            *begin <= to && end >= from && holds(state)
        })
    }
}

/// The database as a source that remembers when it was asked last.
struct Asked<'a> {
    db: &'a Db,
    id: Option<i64>,
    time: &'a Time,
    at: Cell<Option<i64>>,
}

impl Asked<'_> {
    fn read(&self) -> Result<(Vec<Entry>, Generation), StorageError> {
        self.at.set(Some(self.time.now().micros()));
        self.db.transaction(|db| {
            let found = match self.id {
                Some(id) => db.get(id)?.into_iter().collect(),
                None => db.all::<Entry>().order_by(|e| e.id.asc()).all()?,
            };
            Ok((found, db.generation::<Entry>()?))
        })
    }
}

impl Source<Vec<Entry>> for Asked<'_> {
    async fn generation(&self) -> Result<Option<Generation>, StorageError> {
        self.at.set(Some(self.time.now().micros()));
        self.db.generation::<Entry>().map(Some)
    }

    async fn load(&self) -> Result<(Vec<Entry>, Option<Generation>), StorageError> {
        self.read().map(|(found, generation)| (found, Some(generation)))
    }
}

impl Source<Option<Entry>> for Asked<'_> {
    async fn generation(&self) -> Result<Option<Generation>, StorageError> {
        Ok(None)
    }

    async fn load(&self) -> Result<(Option<Entry>, Option<Generation>), StorageError> {
        self.read().map(|(mut found, _)| (found.pop(), None))
    }
}

struct World {
    time: Time,
    connections: Vec<Db>,
    centre: DataCentre,
    caches: Vec<Cache>,
    /// When each cache was last told, by itself, that everything is invalid.
    invalidated: Vec<Cell<i64>>,
    history: History,
}

type Running<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

impl World {
    fn new(place: &Place) -> Self {
        let time = Time::default();
        let centre = DataCentre::new(&time);
        let edge = || Cache::over(Edge(centre.clone()), timer(&time)).clock(time.clock());
        let near = |bytes| Cache::in_memory(bytes).clock(time.clock());
        Self {
            connections: (0..2).map(|_| place.open(collections![Entry]).unwrap()).collect(),
            caches: vec![near(1_000_000), near(1_000), edge(), edge()],
            invalidated: (0..4).map(|_| Cell::new(0)).collect(),
            history: History(RefCell::new(vec![(0, State::new())])),
            time,
            centre,
        }
    }

    fn run(&self, random: &mut Random) {
        let mut running: Vec<Running<'_>> = Vec::new();
        for _ in 0..400 {
            match random.below(20) {
                0..=2 => self.write(random),
                3 => self.disturb(random),
                4 | 5 => self.time.pass(Duration::from_millis(random.below(6_000))),
                6..=8 if running.len() < 8 => running.push(self.act(random)),
                _ => poll_one(&mut running, random),
            }
        }
        self.centre.set_mood(Mood::Well);
        while !running.is_empty() {
            poll_one(&mut running, random);
        }
    }

    fn write(&self, random: &mut Random) {
        let db = pick(&self.connections, random);
        let (id, value) = (random.below(3).cast_signed(), random.below(1_000).cast_signed());
        if random.below(3) == 0 {
            db.delete::<Entry>(id).unwrap();
        } else {
            db.upsert(&Entry { id, value }).unwrap();
        }
        let state =
            db.all::<Entry>().all().unwrap().into_iter().map(|entry| (entry.id, entry.value)).collect();
        self.history.0.borrow_mut().push((self.time.now().micros(), state));
    }

    fn disturb(&self, random: &mut Random) {
        match random.below(8) {
            0 => drop(pick(&self.connections, random).fork().unwrap()),
            1 => pick(&self.connections, random).invalidate::<Entry>().unwrap(),
            2 => self.centre.set_mood([Mood::Fails, Mood::Hangs][usize::from(random.below(2) == 0)]),
            3 | 4 => self.centre.set_mood(Mood::Well),
            _ => self.centre.evict(random),
        }
    }

    /// A read, or an invalidation, that others come between.
    fn act<'a>(&'a self, random: &mut Random) -> Running<'a> {
        let cache = usize::try_from(random.below(4)).unwrap();
        if random.below(8) == 0 {
            return Box::pin(self.invalidate(cache));
        }
        let bound = Duration::from_millis(random.below(8_000));
        let consistency = match random.below(3) {
            0 => Consistency::Strong,
            1 => Consistency::Bounded(bound),
            _ => Consistency::Any,
        };
        let stale = Duration::from_millis(random.below(3) * 4_000);
        let policy = Policy::new(Duration::from_millis(1 + random.below(10_000))).consistency(consistency);
        let policy = policy.stale_while_revalidate(stale).stale_if_error(stale / 2);
        let id = Some(random.below(4).cast_signed()).filter(|id| *id < 3);
        Box::pin(self.read(cache, pick(&self.connections, random), policy, id))
    }

    async fn invalidate(&self, cache: usize) {
        let began = self.time.now().micros();
        if self.caches[cache].invalidate(&Scope::of_type::<Entry>()).await.is_ok() {
            self.invalidated[cache].set(began);
        }
    }

    async fn read(&self, cache: usize, db: &Db, policy: Policy, id: Option<i64>) {
        let began = self.time.now().micros();
        let invalidated = self.invalidated[cache].get();
        let source = Asked { db, id, time: &self.time, at: Cell::new(None) };
        let cache = &self.caches[cache];
        let found: Vec<Entry> = match id {
            Some(id) => {
                let key = Entry::cache_key("object", id).unwrap();
                let found: Option<Entry> = cache.read(&key, &policy, &source).await.unwrap();
                found.into_iter().collect()
            }
            None => cache.read(&Entry::query_key("object", b"all"), &policy, &source).await.unwrap(),
        };
        let now = self.time.now().micros();
        let bound = match policy.consistency {
            Consistency::Strong => Duration::ZERO,
            Consistency::Bounded(bound) => bound.min(policy.ttl),
            Consistency::Any => policy.ttl + policy.stale_while_revalidate,
        };
        let oldest = now - i64::try_from(bound.as_micros()).unwrap();
        // after the source was asked, to store the answer may take time that the answer has no part in
        let from = source.at.get().map_or(oldest, |asked| oldest.min(asked));
        let from = if policy.consistency == Consistency::Strong { from.max(began) } else { from };
        let from = from.max(invalidated);
        let holds = |state: &State| match id {
            Some(id) => state.get(&id) == found.first().map(|entry| &entry.value),
            None => state.iter().eq(found.iter().map(|entry| (&entry.id, &entry.value))),
        };
        let history = &self.history;
        assert!(history.ever(from, now, holds), "{found:?} was not true from {from} to {now}: {policy:?}");
    }
}

fn pick<'a, T>(of: &'a [T], random: &mut Random) -> &'a T {
    &of[usize::try_from(random.below(of.len() as u64)).unwrap()]
}

fn poll_one(running: &mut Vec<Running<'_>>, random: &mut Random) {
    if running.is_empty() {
        return;
    }
    let at = usize::try_from(random.below(running.len() as u64)).unwrap();
    // every task is polled again and again, whether it was woken or not
    if let Poll::Ready(()) = running[at].as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        drop(running.swap_remove(at));
    } else if random.below(100) == 0 {
        drop(running.swap_remove(at)); // cancelled
    }
}

#[test]
fn no_read_gives_what_was_not_true_within_its_bound() {
    cases(60, 5_000, |random| World::new(&Place::new()).run(random));
}
