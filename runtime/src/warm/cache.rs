//! A cache: where its entries are, what is known of them, and how they are found, stored and invalidated.

use std::{fmt, future::Future, time::Duration};

use futures_util::future::try_join;

use crate::{
    Timestamp,
    error::{Failure, Operation, StorageError},
};

#[cfg(not(target_family = "wasm"))]
use super::backends::native::Native;
use super::{
    backends::remote::Remote,
    counters::{Counters, Counts, Event},
    envelope::{Entry, MAX_ENTRY_BYTES},
    flight::{Flights, Flying, Seat},
    key::Address,
    policy::Policy,
    scope::Scope,
    store::{CacheError, LONGEST, Sendable, Store, Task, Threads},
    tokens::Tokens,
};

/// For how many times the time of the store a read waits for another one's load.
const PATIENCE: u32 = 100;

#[cfg(not(target_family = "wasm"))]
type Clock = Box<dyn Fn() -> Timestamp + Send + Sync>;
#[cfg(target_family = "wasm")]
type Clock = Box<dyn Fn() -> Timestamp>;

/// A cache of documents and of what queries find, shared by all who read.
///
/// ```
/// # use std::time::Duration;
/// use terrace::{prelude::*, warm::Consistency, warm::Policy};
///
/// #[derive(Collection, Clone, Debug, PartialEq)]
/// #[collection(cache = "60s")]
/// struct City { #[id] name: String, people: i64 }
///
/// # futures_executor::block_on(async {
/// let db = Db::open_in_memory(collections![City])?;
/// db.insert(&City { name: "Bonn".into(), people: 330_000 })?;
/// let cache = Cache::in_memory(64_000_000);
///
/// let bonn: Option<City> = cache.get(&db, "Bonn").await?;          // from the database
/// assert_eq!(cache.get(&db, "Bonn").await?, bonn);                 // from memory, for up to a minute
///
/// let strong = Policy::of::<City>().consistency(Consistency::Strong);
/// let large = || db.find::<City>(|c| c.people.gt(100_000));
/// cache.find_with(large(), &strong).await?;
/// assert_eq!(cache.find_with(large(), &strong).await?.len(), 1);   // from memory: the collection is as it was
/// db.delete::<City>("Bonn")?;
/// assert_eq!(cache.find_with(large(), &strong).await?.len(), 0);   // it is not
/// assert_eq!((cache.counters().loads, cache.counters().hits), (3, 2));
/// # Ok::<(), StorageError>(())
/// # }).unwrap();
/// ```
pub struct Cache {
    pub(super) backend: Backend,
    pub(super) tokens: Tokens,
    pub(super) flights: Flights,
    pub(super) counts: Counts,
    clock: Clock,
}

#[derive(Debug)]
pub(super) enum Backend {
    #[cfg(not(target_family = "wasm"))]
    Native(Native),
    Remote(Remote),
}

/// What was found under a key, and the stamp of what is stored there now; no stamp when the cache failed.
#[derive(Debug, Default)]
pub(crate) struct Looked {
    pub(super) entry: Option<Entry>,
    pub(super) stamp: Option<u64>,
    /// How many invalidations there had been before.
    pub(super) invalidations: u64,
}

impl Cache {
    /// A cache in the memory of this process, of up to about so many bytes. The entries that are used least make room; an
    /// expired one stays for as long as there is room. Its clock does not go back when the machine's is set, and does not count
    /// the time for which the machine sleeps.
    #[cfg(not(target_family = "wasm"))]
    #[must_use]
    pub fn in_memory(max_bytes: u64) -> Self {
        Self::on(Backend::Native(Native::new(max_bytes)), clock())
    }

    /// A cache over a store. `sleep` makes a timer, which ends when the store has had its time: 50 ms, or
    /// [`Cache::timeout`]. A read waits so long for the store at most, and once more when it stores what it has loaded.
    ///
    /// The bounds of consistency are kept as well as the clocks of all who share the store agree.
    #[must_use]
    pub fn over<S>(store: impl Store + 'static, sleep: impl Fn(Duration) -> S + Threads + 'static) -> Self
    where
        S: Future<Output = ()> + Sendable + 'static,
    {
        let timer = move |time| -> Task<'static, ()> {
            let sleep = sleep(time);
            Box::pin(async move {
                sleep.await;
                Ok(())
            })
        };
        let backend = Backend::Remote(Remote::new(Box::new(store), Box::new(timer)));
        Self::on(backend, Box::new(Timestamp::now))
    }

    fn on(backend: Backend, clock: Clock) -> Self {
        Self {
            backend,
            tokens: Tokens::default(),
            flights: Flights::default(),
            counts: Counts::default(),
            clock,
        }
    }

    /// Where the time comes from; otherwise this machine's clock, of a cache in memory as it runs for this process.
    #[must_use]
    pub fn clock(mut self, clock: impl Fn() -> Timestamp + Threads + 'static) -> Self {
        self.clock = Box::new(clock);
        self
    }

    /// How long a store may take, before a read goes on without it; a cache in memory takes no time.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        if let Some(remote) = self.remote_mut() {
            remote.timeout = timeout;
        }
        self
    }

    /// What the cache has done so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.counts.read()
    }

    /// Makes what is cached in a scope invalid: reads of this cache that begin afterwards load it again. Readers that share
    /// the store see it within the bound of their policy; other caches, as those of other data centres, do not: they see
    /// [`Db::invalidate`](crate::Db::invalidate) when they next ask the source.
    ///
    /// Writes need no such call where the bound of reads is good enough. Of one document that is cached in a store, a load
    /// that is going on elsewhere may store what it has read before.
    ///
    /// # Errors
    /// The store cannot be told.
    pub async fn invalidate(&self, scope: &Scope) -> Result<(), StorageError> {
        self.invalidate_in_time(scope)
            .await
            .map_err(|error| Failure::from(error).during(Operation::Invalidate, None))
    }

    async fn invalidate_in_time(&self, scope: &Scope) -> Result<(), CacheError> {
        match &self.backend {
            #[cfg(not(target_family = "wasm"))]
            Backend::Native(_) => {
                self.tokens.renew(scope, self.now());
                Ok(())
            }
            Backend::Remote(remote) if scope.is_document() => {
                self.tokens.count();
                remote.in_time(remote.store.delete(&scope.0)).await
            }
            Backend::Remote(remote) => {
                let token = self.tokens.renew(scope, self.now());
                remote.in_time(self.tokens.renew_in(&*remote.store, scope, token, self.now())).await
            }
        }
    }

    /// Waits for who loads; none where that takes too long. In memory there is no timer, and it takes as long as it takes.
    pub(super) async fn wait<'s>(&self, seat: &'s Seat<'_>) -> Option<Flying<'s>> {
        match &self.backend {
            #[cfg(not(target_family = "wasm"))]
            Backend::Native(_) => Some(seat.lock().await),
            Backend::Remote(remote) => {
                let limit = remote.timeout.saturating_mul(PATIENCE);
                let waited = remote.within(limit, async { Ok(seat.lock().await) }).await;
                waited.inspect_err(|error| self.count_error(error)).ok()
            }
        }
    }

    /// A read went past the cache.
    pub(crate) fn count_bypassed(&self) {
        self.counts.count(Event::Bypassed);
    }

    /// Whether looking costs nothing.
    pub(super) fn is_near(&self) -> bool {
        !matches!(self.backend, Backend::Remote(_))
    }

    pub(super) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// What is stored under a key, if it can be used at all.
    pub(super) async fn look(&self, key: &Address, policy: &Policy) -> Looked {
        match &self.backend {
            #[cfg(not(target_family = "wasm"))]
            Backend::Native(native) => self.look_here(native, key),
            Backend::Remote(remote) => self.look_there(remote, key, policy).await,
        }
    }

    /// As [`Cache::look`]; none where that takes time, which in a Worker it always does.
    #[cfg_attr(target_family = "wasm", expect(unused_variables))]
    pub(super) fn look_near(&self, key: &Address) -> Option<Looked> {
        match &self.backend {
            #[cfg(not(target_family = "wasm"))]
            Backend::Native(native) => Some(self.look_here(native, key)),
            Backend::Remote(_) => None,
        }
    }

    #[cfg(not(target_family = "wasm"))]
    fn look_here(&self, native: &Native, key: &Address) -> Looked {
        let invalidations = self.tokens.invalidations();
        let entry = native.get(key).filter(|entry| self.is_valid(entry, key));
        Looked { entry, stamp: None, invalidations }
    }

    async fn look_there(&self, remote: &Remote, key: &Address, policy: &Policy) -> Looked {
        let looked = remote.in_time(self.look_in(remote, key, policy)).await;
        looked.inspect_err(|error| self.count_error(error)).unwrap_or_default()
    }

    async fn look_in(&self, remote: &Remote, key: &Address, policy: &Policy) -> Result<Looked, CacheError> {
        let (store, now, bound) = (&*remote.store, self.now(), policy.bound());
        let invalidations = self.tokens.invalidations();
        let scopes: Vec<Scope> =
            Scope::around(key).into_iter().chain(policy.tags.iter().map(|tag| Scope::tag(tag))).collect();
        let stamp = self.tokens.stamp_in(store, &scopes, now, bound);
        let (bytes, stamp) = try_join(store.get(key.path()), stamp).await?;
        let Some(entry) = bytes.and_then(|bytes| self.open(&bytes, key)) else {
            return Ok(Looked { entry: None, stamp: Some(stamp), invalidations });
        };
        let expected = if entry.tags() == policy.tags {
            stamp
        } else {
            let tags = entry.tags();
            let scopes: Vec<Scope> =
                Scope::around(key).into_iter().chain(tags.into_iter().map(Scope::tag)).collect();
            self.tokens.stamp_in(store, &scopes, now, bound).await?
        };
        let entry = (entry.stamp() == expected).then_some(entry);
        Ok(Looked { entry, stamp: Some(stamp), invalidations })
    }

    /// The stamp of what is about to be loaded; none when it must not be stored.
    pub(super) fn stamp(&self, key: &Address, policy: &Policy, looked: Option<u64>) -> Option<u64> {
        let here = || self.stamp_here(key, policy.tags.iter().map(String::as_str));
        if self.is_near() { Some(here()) } else { looked }
    }

    /// Stores an entry, if it can be; `invalidations` is how many there had been before it was loaded.
    pub(super) async fn put(&self, key: &Address, entry: Entry, max_age: Duration, invalidations: u64) {
        if entry.bytes().len() > MAX_ENTRY_BYTES {
            return self.counts.count(Event::TooLarge);
        }
        match &self.backend {
            #[cfg(not(target_family = "wasm"))]
            Backend::Native(native) => native.put(key, entry),
            Backend::Remote(remote) => {
                // a document has no token in a store: it may be what was there before its invalidation
                let is_valid = || self.tokens.invalidations() == invalidations;
                let put = async {
                    let seconds = Duration::from_secs(max_age.as_secs().saturating_add(1)); // as stores count
                    remote.store.put(key.path(), entry.bytes().to_vec(), seconds.min(LONGEST)).await?;
                    if is_valid() { Ok(()) } else { remote.store.delete(key.path()).await }
                };
                if is_valid()
                    && let Err(error) = remote.in_time(put).await
                {
                    self.count_error(&error);
                }
            }
        }
    }

    /// An entry, if the bytes are one.
    fn open(&self, bytes: &[u8], key: &Address) -> Option<Entry> {
        let entry = Entry::open(bytes, key);
        entry.inspect_err(|_| self.counts.count(Event::Damaged)).ok()
    }

    #[cfg(not(target_family = "wasm"))]
    fn is_valid(&self, entry: &Entry, key: &Address) -> bool {
        if self.tokens.invalidations() == 0 {
            return true; // then no scope has a token
        }
        entry.stamp() == self.stamp_here(key, entry.tags())
    }

    fn stamp_here<'a>(&self, key: &Address, tags: impl IntoIterator<Item = &'a str>) -> u64 {
        if self.tokens.invalidations() == 0 {
            return 0;
        }
        let mut scopes = Scope::around(key).to_vec();
        scopes.push(Scope::at(key));
        scopes.extend(tags.into_iter().map(Scope::tag));
        self.tokens.stamp(&scopes)
    }

    fn count_error(&self, error: &CacheError) {
        self.counts.count(match error {
            CacheError::TimedOut => Event::Timeout,
            CacheError::Failed(_) => Event::Failure,
        });
    }

    fn remote_mut(&mut self) -> Option<&mut Remote> {
        match &mut self.backend {
            #[cfg(not(target_family = "wasm"))]
            Backend::Native(_) => None,
            Backend::Remote(remote) => Some(remote),
        }
    }
}

/// The time of this machine, which never goes back as long as the process lives: no other process has to agree with it.
#[cfg(not(target_family = "wasm"))]
fn clock() -> Clock {
    let (start, began) = (Timestamp::now().micros(), std::time::Instant::now());
    Box::new(move || {
        let passed = began.elapsed();
        // in 64 bits: enough for as long as a process lives
        let micros = passed.as_secs().wrapping_mul(1_000_000).wrapping_add(passed.subsec_micros().into());
        Timestamp::from_micros(start.saturating_add_unsigned(micros))
    })
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").field("backend", &self.backend).finish_non_exhaustive()
    }
}
