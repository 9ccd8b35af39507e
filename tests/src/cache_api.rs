//! The Cache API of Workers, as its documents describe it, and the store over it.
//!
//! Requests and responses are those of HTTP: a key is a URL, which is normalised as a browser does; a response without
//! `max-age` is refused; one that is older is not found; nothing is listed or deleted by a part of its URL; every data centre
//! has a cache of its own, and may forget anything.
//!
//! Source: Cloudflare Workers, "Cache" (runtime API) and "How the cache works".

// a lock is only poisoned by a test that has failed already
#![allow(clippy::missing_panics_doc, clippy::unwrap_used)]

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use terrace::{
    Timestamp,
    warm::{CacheError, Store, Task},
};
use url::Url;

use crate::Random;

/// A time that tests move, in microseconds.
#[derive(Clone, Debug)]
pub struct Time(Arc<AtomicI64>);

impl Default for Time {
    fn default() -> Self {
        Self(Arc::new(AtomicI64::new(1_000_000_000)))
    }
}

impl Time {
    /// The present.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }

    /// Lets time pass.
    pub fn pass(&self, time: Duration) {
        self.0.fetch_add(i64::try_from(time.as_micros()).unwrap(), Ordering::SeqCst);
    }

    /// The clock of a cache.
    pub fn clock(&self) -> impl Fn() -> Timestamp + Send + Sync + 'static {
        let time = self.clone();
        move || time.now()
    }
}

/// A response: its headers, by their names in lower case, and its body.
#[derive(Clone, Debug)]
pub struct Response {
    /// The headers.
    pub headers: BTreeMap<&'static str, String>,
    /// The body.
    pub body: Vec<u8>,
}

/// How a data centre answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mood {
    /// As it should.
    #[default]
    Well,
    /// With errors.
    Fails,
    /// Never.
    Hangs,
}

/// The cache of one data centre.
#[derive(Clone, Debug)]
pub struct DataCentre {
    time: Time,
    stored: Arc<Mutex<BTreeMap<String, (Timestamp, Response)>>>,
    mood: Arc<Mutex<Mood>>,
}

impl DataCentre {
    /// An empty one.
    #[must_use]
    pub fn new(time: &Time) -> Self {
        Self { time: time.clone(), stored: Arc::default(), mood: Arc::default() }
    }

    /// How it answers from now on.
    pub fn set_mood(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    /// Forgets something.
    pub fn evict(&self, random: &mut Random) {
        let mut stored = self.stored.lock().unwrap();
        let at = usize::try_from(random.below(stored.len().max(1) as u64)).unwrap();
        if let Some(url) = stored.keys().nth(at).cloned() {
            stored.remove(&url);
        }
    }

    /// Changes the bodies of what is stored.
    pub fn damage(&self, mut change: impl FnMut(&str, &mut Vec<u8>)) {
        for (url, (_, response)) in self.stored.lock().unwrap().iter_mut() {
            change(url, &mut response.body);
        }
    }

    /// The URLs of what is stored: for tests alone.
    #[must_use]
    pub fn urls(&self) -> Vec<String> {
        self.stored.lock().unwrap().keys().cloned().collect()
    }

    fn matching(&self, url: &Url) -> Option<Response> {
        let mut stored = self.stored.lock().unwrap();
        let (at, response) = stored.get(url.as_str())?.clone();
        let age = self.time.now().micros() - at.micros();
        if age >= i64::try_from(max_age(&response)?).unwrap() * 1_000_000 {
            stored.remove(url.as_str());
            return None;
        }
        Some(response)
    }

    fn put(&self, url: &Url, response: Response) -> Result<(), &'static str> {
        if max_age(&response).is_none_or(|age| age == 0) {
            return Err("a response is cached when `Cache-Control` has a `max-age`");
        }
        if url.as_str().len() > 16_000 {
            return Err("the URL is too long");
        }
        self.stored.lock().unwrap().insert(url.as_str().to_owned(), (self.time.now(), response));
        Ok(())
    }

    fn delete(&self, url: &Url) -> bool {
        self.stored.lock().unwrap().remove(url.as_str()).is_some()
    }

    /// Lets others come between, and answers as its mood is.
    async fn answer(&self) -> Result<(), CacheError> {
        pause().await;
        let mood = *self.mood.lock().unwrap();
        match mood {
            Mood::Well => Ok(()),
            Mood::Fails => Err(CacheError::Failed("the data centre is on fire".into())),
            Mood::Hangs => std::future::pending().await,
        }
    }
}

/// The seconds of `max-age`.
fn max_age(response: &Response) -> Option<u64> {
    response.headers.get("cache-control")?.strip_prefix("max-age=")?.parse().ok()
}

/// A store over the cache of a data centre.
#[derive(Clone, Debug)]
pub struct Edge(pub DataCentre);

impl Edge {
    fn url(key: &str) -> Url {
        Url::parse(&format!("https://cache.terrace.invalid/{key}")).unwrap()
    }
}

impl Store for Edge {
    fn get<'a>(&'a self, key: &'a str) -> Task<'a, Option<Vec<u8>>> {
        Box::pin(async move {
            self.0.answer().await?;
            let found = self.0.matching(&Self::url(key)).map(|response| response.body);
            pause().await;
            Ok(found)
        })
    }

    fn put<'a>(&'a self, key: &'a str, body: Vec<u8>, max_age: Duration) -> Task<'a, ()> {
        Box::pin(async move {
            self.0.answer().await?;
            let headers = BTreeMap::from([("cache-control", format!("max-age={}", max_age.as_secs()))]);
            let put = self.0.put(&Self::url(key), Response { headers, body });
            pause().await;
            put.map_err(|problem| CacheError::Failed(problem.into()))
        })
    }

    fn delete<'a>(&'a self, key: &'a str) -> Task<'a, ()> {
        Box::pin(async move {
            self.0.answer().await?;
            self.0.delete(&Self::url(key));
            Ok(())
        })
    }
}

/// What a timer of [`timer`] is.
pub type Sleep = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

/// A timer that ends when its executor is idle, and lets the time pass that it was made for: as if a slow store had taken
/// longer. It takes more polls than any answer of a store that answers.
pub fn timer(time: &Time) -> impl Fn(Duration) -> Sleep + Send + Sync + use<> {
    let time = time.clone();
    move |duration| {
        let time = time.clone();
        Box::pin(async move {
            for _ in 0..100 {
                pause().await;
            }
            time.pass(duration);
        })
    }
}

/// Lets other tasks come between.
pub async fn pause() {
    let mut is_first = true;
    std::future::poll_fn(|context| {
        if std::mem::take(&mut is_first) {
            context.waker().wake_by_ref();
            return std::task::Poll::Pending;
        }
        std::task::Poll::Ready(())
    })
    .await;
}
