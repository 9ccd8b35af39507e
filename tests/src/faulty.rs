//! A store in memory that fails as stores do, and the executor for it.
//!
//! What the real ones keep, it keeps: a file is stored whole or not at all, of several that create it one succeeds, a listing
//! shows all that was stored before. Every operation pauses before and after it is applied, so that other tasks come between;
//! which operation fails and how is planned by its number, and everything follows from the plan and a seed.

// a lock is only poisoned by a test that has failed already
#![allow(clippy::missing_panics_doc, clippy::unwrap_used)]

use std::{
    collections::BTreeMap,
    future::Future,
    ops::Range,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use terrace::{
    Timestamp,
    cold::{
        Lake,
        store::{PutMode, Store, StoreError, StoreErrorKind, StoredFile, Task},
    },
};

use crate::Random;

/// Where the lakes over these stores are.
pub const URL: &str = "memory://lake";

/// How an operation fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is not applied, and answered with an error.
    Error,
    /// It is applied, and answered with an error.
    Lost,
    /// It is answered with an error, and applied some operations later.
    Late,
    /// It is applied and answered, and some operations later applied again.
    Twice,
    /// It is applied; the task that asked for it does nothing any more.
    Crash,
}

impl Fault {
    /// Those that an operation can have: to a reader, an answer that was lost is an error.
    #[must_use]
    pub fn of(writes: bool) -> &'static [Self] {
        if writes {
            &[Self::Error, Self::Lost, Self::Late, Self::Twice, Self::Crash]
        } else {
            &[Self::Error, Self::Crash]
        }
    }
}

/// What is asked of a store.
#[derive(Clone, Debug)]
enum Request {
    Get(String, Option<Range<u64>>),
    Put(String, Bytes, PutMode),
    Delete(String),
    List(String),
}

impl Request {
    fn path(&self) -> &str {
        match self {
            Self::Get(path, _) | Self::Put(path, ..) | Self::Delete(path) | Self::List(path) => path,
        }
    }

    fn writes(&self) -> bool {
        matches!(self, Self::Put(..) | Self::Delete(_))
    }
}

/// An operation that was begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The file or folder.
    pub path: String,
    /// Whether it is stored or removed.
    pub writes: bool,
}

/// What a store answers.
enum Answer {
    Bytes(Bytes),
    Listing(Vec<StoredFile>),
    Done,
}

#[derive(Clone, Debug, Default)]
struct State {
    files: BTreeMap<String, (Bytes, i64)>,
    /// Microseconds since 1970 UTC.
    now: i64,
    random: u64,
    begun: Vec<Asked>,
    plan: BTreeMap<usize, Fault>,
    /// What is applied when so many operations were begun.
    delayed: Vec<(usize, Request)>,
    crashed: bool,
}

/// A store that fails as it is told to.
#[derive(Clone, Debug, Default)]
pub struct FaultyStore(Arc<Mutex<State>>);

/// How many operations are begun before one that was delayed is applied.
const DELAY: usize = 5;

impl FaultyStore {
    /// An empty store.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let state = State { now: 1_700_000_000_000_000, random: seed, ..State::default() };
        Self(Arc::new(Mutex::new(state)))
    }

    /// A store with the same files at the same time, and no plan.
    #[must_use]
    pub fn copy(&self) -> Self {
        let state = self.0.lock().unwrap();
        let copy =
            State { files: state.files.clone(), now: state.now, random: state.random, ..State::default() };
        Self(Arc::new(Mutex::new(copy)))
    }

    /// From now on the operations with these numbers fail; the next is 0.
    pub fn plan(&self, faults: &[(usize, Fault)]) {
        let mut state = self.0.lock().unwrap();
        state.begun.clear();
        state.plan = faults.iter().copied().collect();
    }

    /// The operations since the plan.
    #[must_use]
    pub fn begun(&self) -> Vec<Asked> {
        self.0.lock().unwrap().begun.clone()
    }

    /// Applies what is delayed.
    pub fn settle(&self) {
        let mut state = self.0.lock().unwrap();
        for (_, request) in std::mem::take(&mut state.delayed) {
            let _ = state.apply(&request);
        }
    }

    /// The store's time, which is that of its lakes.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.lock().unwrap().now)
    }

    /// Time goes by.
    pub fn wait(&self, seconds: i64) {
        self.0.lock().unwrap().now += seconds * 1_000_000;
    }

    /// A lake in the store, whose clock and random numbers are the store's.
    #[must_use]
    pub fn lake(&self) -> Lake {
        let (clock, random) = (self.clone(), self.clone());
        let bytes = move || {
            let mut state = random.0.lock().unwrap();
            let mut random = Random(state.random);
            let bits = u128::from(random.bits()) << 64 | u128::from(random.bits());
            state.random = random.0;
            bits.to_le_bytes()
        };
        Lake::over(Arc::new(self.clone()), URL).clock(move || clock.now()).random(bytes)
    }

    /// The bytes of a file.
    #[must_use]
    pub fn file(&self, path: &str) -> Option<Bytes> {
        self.0.lock().unwrap().files.get(path).map(|(bytes, _)| bytes.clone())
    }

    /// Damages a file: it has other bytes, or is gone.
    pub fn replace(&self, path: &str, bytes: Option<Vec<u8>>) {
        let mut state = self.0.lock().unwrap();
        match bytes {
            Some(bytes) => state.files.get_mut(path).unwrap().0 = bytes.into(),
            None => drop(state.files.remove(path)),
        }
    }

    /// How many seconds ago a file was stored.
    #[must_use]
    pub fn age(&self, path: &str) -> i64 {
        let state = self.0.lock().unwrap();
        (state.now - state.files[path].1) / 1_000_000
    }

    /// The paths of all files.
    #[must_use]
    pub fn paths(&self) -> Vec<String> {
        self.0.lock().unwrap().files.keys().cloned().collect()
    }

    /// Whether a task has crashed since it was last asked.
    fn take_crash(&self) -> bool {
        std::mem::take(&mut self.0.lock().unwrap().crashed)
    }

    fn begin(&self, request: &Request) -> Option<Fault> {
        let mut state = self.0.lock().unwrap();
        let number = state.begun.len();
        state.begun.push(Asked { path: request.path().to_owned(), writes: request.writes() });
        state.now += 1_000;
        let (due, delayed) =
            std::mem::take(&mut state.delayed).into_iter().partition(|(at, _)| *at <= number);
        state.delayed = delayed;
        for (_, request) in due {
            let _ = state.apply(&request);
        }
        state.plan.remove(&number)
    }

    async fn perform(&self, request: Request) -> Result<Answer, StoreError> {
        let fault = self.begin(&request);
        let failed = || Err(StoreError::new(request.path(), StoreErrorKind::Unknown));
        pause().await;
        if matches!(fault, Some(Fault::Error | Fault::Late)) {
            if fault == Some(Fault::Late) {
                self.0.lock().unwrap().delay(&request);
            }
            pause().await;
            return failed();
        }
        let answer = self.0.lock().unwrap().apply(&request);
        if fault == Some(Fault::Crash) {
            self.0.lock().unwrap().crashed = true;
            std::future::pending::<()>().await;
        }
        pause().await;
        match fault {
            Some(Fault::Lost) => failed(),
            Some(Fault::Twice) => {
                self.0.lock().unwrap().delay(&request);
                answer
            }
            _ => answer,
        }
    }
}

impl State {
    fn delay(&mut self, request: &Request) {
        self.delayed.push((self.begun.len() + DELAY, request.clone()));
    }

    fn apply(&mut self, request: &Request) -> Result<Answer, StoreError> {
        let failed = |kind| Err(StoreError::new(request.path(), kind));
        match request {
            Request::Get(path, range) => {
                let Some((bytes, _)) = self.files.get(path) else { return failed(StoreErrorKind::NotFound) };
                let size = bytes.len() as u64;
                let Range { start, end } = range.clone().unwrap_or(0..size);
                if start > end || end > size {
                    return failed(StoreErrorKind::Unknown);
                }
                let place = |at| usize::try_from(at).unwrap_or(usize::MAX);
                Ok(Answer::Bytes(bytes.slice(place(start)..place(end))))
            }
            Request::Put(path, _, PutMode::Create) if self.files.contains_key(path) => {
                failed(StoreErrorKind::Exists)
            }
            Request::Put(path, bytes, _) => {
                self.files.insert(path.clone(), (bytes.clone(), self.now));
                Ok(Answer::Done)
            }
            Request::Delete(path) => {
                self.files.remove(path);
                Ok(Answer::Done)
            }
            Request::List(folder) => {
                let below = |path: &str| {
                    folder.is_empty()
                        || path.strip_prefix(folder.as_str()).is_some_and(|rest| rest.starts_with('/'))
                };
                let files = self.files.iter().filter(|(path, _)| below(path));
                let listed = files.map(|(path, (bytes, modified))| StoredFile {
                    path: path.clone(),
                    size: bytes.len() as u64,
                    modified: Timestamp::from_micros(*modified),
                });
                Ok(Answer::Listing(listed.collect()))
            }
        }
    }
}

impl Store for FaultyStore {
    fn get<'a>(&'a self, path: &'a str, range: Option<Range<u64>>) -> Task<'a, Bytes> {
        Box::pin(async move {
            match self.perform(Request::Get(path.to_owned(), range)).await? {
                Answer::Bytes(bytes) => Ok(bytes),
                _ => Err(StoreError::new(path, StoreErrorKind::Unknown)),
            }
        })
    }

    fn put<'a>(&'a self, path: &'a str, bytes: Bytes, mode: PutMode) -> Task<'a, ()> {
        Box::pin(async move { self.perform(Request::Put(path.to_owned(), bytes, mode)).await.map(drop) })
    }

    fn delete<'a>(&'a self, path: &'a str) -> Task<'a, ()> {
        Box::pin(async move { self.perform(Request::Delete(path.to_owned())).await.map(drop) })
    }

    fn list<'a>(&'a self, folder: &'a str) -> Task<'a, Vec<StoredFile>> {
        Box::pin(async move {
            match self.perform(Request::List(folder.to_owned())).await? {
                Answer::Listing(files) => Ok(files),
                _ => Err(StoreError::new(folder, StoreErrorKind::Unknown)),
            }
        })
    }
}

/// Lets the other tasks run.
pub async fn pause() {
    let mut paused = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut paused, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Runs one task to its end; nothing if it crashes.
pub fn drive<F: Future>(store: &FaultyStore, task: F) -> Option<F::Output> {
    let mut task = std::pin::pin!(task);
    loop {
        if let Poll::Ready(output) = task.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return Some(output);
        }
        if store.take_crash() {
            return None;
        }
    }
}

/// A task among others.
pub type Job<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// Runs tasks to their ends, a step of one after a step of another, in an order that the random numbers give: some are fast,
/// and some so slow that the others are through before they go on. One that crashes is dropped.
pub fn interleave(store: &FaultyStore, jobs: Vec<Job<'_>>, random: &mut Random) {
    let speed = |random: &mut Random| [1, 10, 30, 100, 1_000][usize::try_from(random.below(5)).unwrap_or(0)];
    let mut jobs: Vec<(u64, Job<'_>)> = jobs.into_iter().map(|job| (speed(random), job)).collect();
    while !jobs.is_empty() {
        let mut place = random.below(jobs.iter().map(|(speed, _)| speed).sum());
        let mut at = 0;
        while place >= jobs[at].0 {
            place -= jobs[at].0;
            at += 1;
        }
        if random.below(40) == 0 {
            jobs[at].0 = speed(random);
        }
        let done = jobs[at].1.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready();
        if done || store.take_crash() {
            drop(jobs.remove(at));
        }
    }
}
