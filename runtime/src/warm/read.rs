//! A read through the cache: look, judge, and where that is not enough ask the source, one for all.
//!
//! Keeps invariant 9. An entry is marked with the moment before its load began, since what was loaded was true at some moment
//! after it; and with the stamp from before it, so that an invalidation meanwhile makes it invalid.

use std::{future::Future, pin::Pin, time::Duration};

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::{Timestamp, cdc::Generation, error::StorageError, schema::Collection};

use super::{
    answer::{Answer, Loader, Source},
    cache::{Cache, Looked},
    counters::Event,
    envelope::{Entry, Head},
    flight::{Failed, Landed},
    key::Key,
    policy::{Consistency, Policy, Verdict},
};

/// What has to be true of an answer that someone else has loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    /// It is fresh.
    Fresh,
    /// It is fresh, and as long as it is not there a stale one will do.
    Newer,
    /// It is of the generation that the source had after the read began.
    Generation(Generation),
}

/// What the source has said.
struct Renewed<A> {
    answer: A,
    entry: Option<Entry>,
    /// How long to store it; none when it must not be.
    max_age: Option<Duration>,
}

/// One read: what is read, how, and from where.
struct Read<'a, A: Answer, S> {
    cache: &'a Cache,
    key: &'a Key<A::Document>,
    policy: &'a Policy,
    source: &'a S,
}

impl Cache {
    /// The document with this key: from the cache, else by `load`, whose answer is stored.
    ///
    /// Others who read the same key meanwhile wait for the one who loads. So a load must not read its own key through the
    /// cache, and a read that has begun is to be awaited or dropped, not set aside.
    ///
    /// # Errors
    /// Those of `load`; [`Cause::Shared`](crate::Cause::Shared) when someone else's load of the same has failed.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use terrace::{prelude::*, warm::Policy};
    /// #[derive(Collection)]
    /// struct Task { #[id] number: i64 }
    /// # futures_executor::block_on(async {
    /// let cache = Cache::in_memory(64_000_000);
    /// let key = Task::cache_key("list-1", 7)?;
    /// let policy = Policy::new(Duration::from_mins(1));
    /// let load = async || Ok(Some(Task { number: 7 })); // a call to the object, say
    /// assert!(cache.get_or_load(&key, &policy, load).await?.is_some());
    /// # Ok::<(), StorageError>(())
    /// # }).unwrap();
    /// ```
    pub async fn get_or_load<T: Collection>(
        &self,
        key: &Key<T>,
        policy: &Policy,
        load: impl AsyncFn() -> Result<Option<T>, StorageError>,
    ) -> Result<Option<T>, StorageError> {
        self.read(key, policy, &Loader(load)).await
    }

    /// What a query finds, by the key of the query: as [`Cache::get_or_load`].
    ///
    /// # Errors
    /// As there.
    pub async fn find_or_load<T: Collection>(
        &self,
        key: &Key<T>,
        policy: &Policy,
        load: impl AsyncFn() -> Result<Vec<T>, StorageError>,
    ) -> Result<Vec<T>, StorageError> {
        self.read(key, policy, &Loader(load)).await
    }

    /// What is under a key: from the cache, else from the source.
    ///
    /// # Errors
    /// Those of the source; [`Cause::Shared`](crate::Cause::Shared) when someone else's load of the same has failed.
    pub async fn read<A: Answer>(
        &self,
        key: &Key<A::Document>,
        policy: &Policy,
        source: &impl Source<A>,
    ) -> Result<A, StorageError> {
        match self.at_hand(key, policy) {
            Ok(answer) => Ok(answer),
            Err(looked) => self.read_on(key, policy, source, looked).await,
        }
    }

    /// A fresh answer, where looking takes no time, else what was seen. Without a future, which an answer would be moved out of.
    #[inline]
    pub(crate) fn at_hand<A: Answer>(
        &self,
        key: &Key<A::Document>,
        policy: &Policy,
    ) -> Result<A, Option<Looked>> {
        let read = Read { cache: self, key, policy, source: &() };
        let looked = if read.may_be_old() { self.look_near(&key.address) } else { None };
        looked.as_ref().and_then(|looked| read.fresh(looked)).ok_or(looked)
    }

    /// As [`Cache::read`], where there is none at hand. In a box, so that a hit is not as large as all the rest.
    pub(crate) fn read_on<'a, A: Answer + 'a>(
        &'a self,
        key: &'a Key<A::Document>,
        policy: &'a Policy,
        source: &'a impl Source<A>,
        looked: Option<Looked>,
    ) -> Pin<Box<impl Future<Output = Result<A, StorageError>> + 'a>> {
        Box::pin(Read { cache: self, key, policy, source }.further(looked))
    }
}

impl<A: Answer, S> Read<'_, A, S> {
    /// Whether the cache takes it at all.
    fn is_cached(&self) -> bool {
        !self.policy.ttl.is_zero() && self.key.address.fits()
    }

    /// Whether what is in the cache can do without the source being asked.
    fn may_be_old(&self) -> bool {
        self.policy.consistency != Consistency::Strong && self.is_cached()
    }

    /// What was found, if it is fresh.
    #[inline]
    fn fresh(&self, looked: &Looked) -> Option<A> {
        let entry = looked.entry.as_ref().filter(|entry| self.judge(entry) == Verdict::Fresh)?;
        self.hit(entry)
    }

    fn judge(&self, entry: &Entry) -> Verdict {
        self.policy.judge(entry, self.cache.now())
    }

    #[inline]
    fn hit(&self, entry: &Entry) -> Option<A> {
        let answer = self.decode(entry)?;
        self.cache.counts.count(Event::Hit);
        if entry.is_empty() {
            self.cache.counts.count(Event::NegativeHit);
        }
        Some(answer)
    }

    #[inline]
    fn decode(&self, entry: &Entry) -> Option<A> {
        let answer = entry.decode();
        if answer.is_none() {
            self.cache.counts.count(Event::Damaged);
        }
        answer
    }
}

impl<A: Answer, S: Source<A>> Read<'_, A, S> {
    /// All that is not a hit in memory.
    async fn further(self, near: Option<Looked>) -> Result<A, StorageError> {
        if !self.is_cached() {
            return self.bypass().await;
        }
        if !self.may_be_old() {
            return self.strong().await;
        }
        let looked = match near {
            Some(near) => near,
            None => self.cache.look(&self.key.address, self.policy).await,
        };
        if !self.cache.is_near()
            && let Some(answer) = self.fresh(&looked)
        {
            return Ok(answer);
        }
        let verdict = looked.entry.as_ref().map(|entry| self.judge(entry));
        let need = if verdict == Some(Verdict::Stale) { Need::Newer } else { Need::Fresh };
        self.together(looked, need).await
    }

    /// Reads the source, and leaves the cache alone.
    async fn bypass(&self) -> Result<A, StorageError> {
        self.cache.counts.count(Event::Bypassed);
        self.source.load().await.map(|(answer, _)| answer)
    }

    /// Asks for the generation first: what is of it was true after the read had begun.
    async fn strong(&self) -> Result<A, StorageError> {
        let Some(generation) = self.source.generation().await? else { return self.bypass().await };
        let looked = self.cache.look(&self.key.address, self.policy).await;
        if let Some(entry) = looked.entry.as_ref().filter(|entry| entry.generation() == Some(generation))
            && let Some(answer) = self.hit(entry)
        {
            return Ok(answer);
        }
        self.together(looked, Need::Generation(generation)).await
    }

    /// Loads, or gets what someone else loads meanwhile.
    async fn together(&self, looked: Looked, need: Need) -> Result<A, StorageError> {
        let next_load = self.cache.flights.next_load();
        let seat = self.cache.flights.board(self.key.as_str());
        let seated = match seat.try_lock() {
            Some(flight) => Some(flight),
            None => match looked.entry.as_ref().filter(|_| need == Need::Newer) {
                Some(entry) if let Some(answer) = self.decode(entry) => {
                    self.cache.counts.count(Event::Stale);
                    return Ok(answer);
                }
                _ => self.cache.wait(&seat).await,
            },
        };
        let Some(mut flight) = seated else { return self.alone(looked).await };
        let (newer, is_new) = match flight.clone() {
            Some(Landed::Failed(failed)) => return self.without_source(looked.entry, failed.again()),
            Some(Landed::Entry { entry, invalidations, load }) => {
                (self.landed(entry, invalidations), load >= next_load)
            }
            None => (self.look_again().await, false),
        };
        if let Some(answer) = newer.as_ref().and_then(|newer| self.shared(newer, need, is_new)) {
            return Ok(answer);
        }
        let is_asked = newer.is_none() && matches!(need, Need::Generation(_));
        let invalidations = self.cache.tokens.invalidations();
        let entry = newer.or_else(|| looked.entry.filter(|_| looked.invalidations == invalidations));
        let load = self.cache.flights.begin_load();
        match self.renew(entry.as_ref().filter(|_| !is_asked), looked.stamp).await {
            Ok(Renewed { answer, entry, max_age }) => {
                *flight = entry.clone().map(|entry| Landed::Entry { entry, invalidations, load });
                drop(flight); // who waits need not wait for the store
                self.store(entry, max_age, invalidations).await;
                seat.land();
                Ok(answer)
            }
            Err(error) => {
                *flight = Some(Landed::Failed(Failed::of(&error).into()));
                seat.land();
                drop(flight);
                self.without_source(entry, error)
            }
        }
    }

    /// As if nobody else loaded: one who does takes too long.
    async fn alone(&self, looked: Looked) -> Result<A, StorageError> {
        let invalidations = self.cache.tokens.invalidations();
        match self.load(looked.stamp).await {
            Ok(Renewed { answer, entry, max_age }) => {
                self.store(entry, max_age, invalidations).await;
                Ok(answer)
            }
            Err(error) => self.without_source(looked.entry, error),
        }
    }

    async fn store(&self, entry: Option<Entry>, max_age: Option<Duration>, invalidations: u64) {
        if let (Some(entry), Some(max_age)) = (entry, max_age) {
            self.cache.put(&self.key.address, entry, max_age, invalidations).await;
        }
    }

    /// What someone else has loaded, unless something was invalidated since that began.
    fn landed(&self, entry: Entry, invalidations: u64) -> Option<Entry> {
        let is_valid = invalidations == self.cache.tokens.invalidations();
        // flights go by paths, and two keys may have the same
        Some(entry).filter(|entry| is_valid && entry.is_of(&self.key.address))
    }

    /// What was stored between the first look and the lock; where looking costs nothing.
    async fn look_again(&self) -> Option<Entry> {
        if self.cache.is_near() { self.cache.look(&self.key.address, self.policy).await.entry } else { None }
    }

    /// The answer that someone else has loaded, if it is good enough. One whose load began after this read always is, `is_new`:
    /// its own load would give nothing newer, and all who wait would load one after the other.
    fn shared(&self, entry: &Entry, need: Need, is_new: bool) -> Option<A> {
        let is_enough = match need {
            Need::Generation(generation) => entry.generation() == Some(generation),
            Need::Fresh | Need::Newer => is_new || self.judge(entry) == Verdict::Fresh,
        };
        let answer = is_enough.then(|| self.decode(entry)).flatten()?;
        self.cache.counts.count(Event::Shared);
        Some(answer)
    }

    /// Asks the source: whether the entry is of its generation still, else for the answer.
    async fn renew(&self, entry: Option<&Entry>, stamp: Option<u64>) -> Result<Renewed<A>, StorageError> {
        match entry.filter(|entry| entry.generation().is_some()) {
            Some(entry) => match self.verified(entry).await? {
                Some(renewed) => Ok(renewed),
                None => self.load(stamp).await,
            },
            None => self.load(stamp).await,
        }
    }

    async fn verified(&self, entry: &Entry) -> Result<Option<Renewed<A>>, StorageError> {
        let known_at = self.cache.now();
        let generation = self.source.generation().await?;
        let Some(answer) = (generation == entry.generation()).then(|| self.decode(entry)).flatten() else {
            return Ok(None);
        };
        self.cache.counts.count(Event::Verified);
        let ttl = self.policy.lifetime(answer.documents().len(), self.spread(known_at));
        let renewed = entry.known_since(known_at, ttl);
        Ok(Some(Renewed { answer, entry: Some(renewed), max_age: Some(self.policy.kept(ttl)) }))
    }

    async fn load(&self, looked: Option<u64>) -> Result<Renewed<A>, StorageError> {
        let known_at = self.cache.now();
        let stamp = self.cache.stamp(&self.key.address, self.policy, looked);
        self.cache.counts.count(Event::Load);
        let loaded = self.source.load().await;
        let (answer, generation) = loaded.inspect_err(|_| self.cache.counts.count(Event::FailedLoad))?;
        let ttl = self.policy.lifetime(answer.documents().len(), self.spread(known_at));
        let head = Head { known_at, ttl, stamp: stamp.unwrap_or_default(), generation };
        let entry = Entry::seal(&self.key.address, head, &self.policy.tags, &answer).ok();
        Ok(Renewed { answer, entry, max_age: stamp.map(|_| self.policy.kept(ttl)) })
    }

    /// A number from 0 to 1 that differs from key to key and from load to load.
    #[allow(clippy::cast_precision_loss)] // 53 bits are exact
    fn spread(&self, at: Timestamp) -> f64 {
        let bits = xxh3_64_with_seed(self.key.as_str().as_bytes(), at.micros().cast_unsigned());
        (bits >> 11) as f64 / (1u64 << 53) as f64
    }

    /// An expired answer where that is allowed, since the source has failed.
    fn without_source(&self, entry: Option<Entry>, error: StorageError) -> Result<A, StorageError> {
        let now = self.cache.now();
        let entry = entry.filter(|entry| self.policy.is_better_than_nothing(entry, now));
        let answer = entry.and_then(|entry| self.decode(&entry));
        answer.inspect(|_| self.cache.counts.count(Event::StaleOnError)).ok_or(error)
    }
}
