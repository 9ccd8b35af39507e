//! How long and how strictly: what a read asks of the cache, and what it makes of an entry.
//!
//! Keeps the second half of invariant 9: an entry is as old as the moment at which it was last known to be true, which is
//! before its load began; the bound counts from there.

use std::time::Duration;

use crate::{Timestamp, schema::Collection};

use super::envelope::Entry;

/// How old what a read gives may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consistency {
    /// As if there were no cache: the source is asked, for the generation of its collection, and what is cached is used if
    /// it is of that generation. A source that has none is read itself.
    Strong,
    /// It was true at some moment not longer ago than this. What is older is used if the source says that its generation
    /// is still the same. It is never stale, also not when the source fails.
    Bounded(Duration),
    /// It was true at some moment not longer ago than the time to live, and where the policy allows it, than what is
    /// added to that for stale answers.
    Any,
}

/// How a read uses the cache.
///
/// ```
/// # use std::time::Duration;
/// use terrace::warm::Policy;
/// let minute = Duration::from_mins(1);
/// let policy = Policy::new(minute).stale_if_error(60 * minute).tag("prices");
/// assert_eq!(policy.ttl, minute);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// How long an answer is fresh; with zero nothing is cached.
    pub ttl: Duration,
    /// As `ttl`, for the answer that there is no such document, and of a query that there are none.
    pub negative_ttl: Duration,
    /// By how much of itself a time to live may be shortened, from 0 to 1, so that what was cached together does not
    /// expire together.
    pub jitter: f64,
    /// How much longer an expired answer is given to all but the one who loads it anew.
    pub stale_while_revalidate: Duration,
    /// How much longer an expired answer is given when the source fails.
    pub stale_if_error: Duration,
    /// How old what is given may be.
    pub consistency: Consistency,
    /// The tags by which what is stored can be invalidated.
    pub tags: Vec<String>,
}

impl Policy {
    /// Answers are fresh for `ttl`, shortened by up to a tenth of it, and never stale.
    #[must_use]
    pub fn new(ttl: Duration) -> Self {
        Self {
            ttl,
            negative_ttl: ttl,
            jitter: 0.1,
            stale_while_revalidate: Duration::ZERO,
            stale_if_error: Duration::ZERO,
            consistency: Consistency::Any,
            tags: Vec::new(),
        }
    }

    /// As the collection says: `#[collection(cache = "60s")]`. One that says nothing is not cached.
    #[must_use]
    pub fn of<T: Collection>() -> Self {
        Self::new(Duration::from_secs(T::SCHEMA.cache_seconds.unwrap_or(0)))
    }

    /// How long an answer is fresh, the empty one included.
    #[must_use]
    pub fn ttl(self, ttl: Duration) -> Self {
        Self { ttl, negative_ttl: ttl, ..self }
    }

    /// How long the empty answer is fresh.
    #[must_use]
    pub fn negative_ttl(self, negative_ttl: Duration) -> Self {
        Self { negative_ttl, ..self }
    }

    /// By how much of itself a time to live may be shortened, from 0 to 1.
    #[must_use]
    pub fn jitter(self, jitter: f64) -> Self {
        Self { jitter, ..self }
    }

    /// How much longer an expired answer is given to all but the one who loads it anew.
    #[must_use]
    pub fn stale_while_revalidate(self, stale_while_revalidate: Duration) -> Self {
        Self { stale_while_revalidate, ..self }
    }

    /// How much longer an expired answer is given when the source fails.
    #[must_use]
    pub fn stale_if_error(self, stale_if_error: Duration) -> Self {
        Self { stale_if_error, ..self }
    }

    /// How old what is given may be.
    #[must_use]
    pub fn consistency(self, consistency: Consistency) -> Self {
        Self { consistency, ..self }
    }

    /// Adds a tag by which what is stored can be invalidated.
    #[must_use]
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.tags.push(tag.into());
        self
    }

    /// How late an invalidation elsewhere may be heard of.
    pub(super) fn bound(&self) -> Duration {
        match self.consistency {
            Consistency::Strong => Duration::ZERO,
            Consistency::Bounded(bound) => bound.min(self.ttl),
            Consistency::Any => self.ttl,
        }
    }

    /// How long an answer with `documents` is fresh; `at` is a number from 0 to 1 that is spread evenly.
    pub(super) fn lifetime(&self, documents: usize, at: f64) -> Duration {
        let ttl = self.ttl_of(documents == 0);
        let shortened = ttl.as_secs_f64() * (1.0 - self.jitter.clamp(0.0, 1.0) * at);
        Duration::try_from_secs_f64(shortened).unwrap_or(ttl)
    }

    /// How long after it was last known to be true an entry may be needed at all.
    pub(super) fn kept(&self, lifetime: Duration) -> Duration {
        lifetime.saturating_add(self.stale_for())
    }

    /// What an entry is at `now`.
    pub(super) fn judge(&self, entry: &Entry, now: Timestamp) -> Verdict {
        let Some(age) = age(entry.known_at(), now) else { return Verdict::Expired };
        let ttl = entry.ttl().min(self.ttl_of(entry.is_empty()));
        match self.consistency {
            Consistency::Bounded(bound) if age <= bound.min(ttl) => Verdict::Fresh,
            Consistency::Any if age <= ttl => Verdict::Fresh,
            Consistency::Any if age <= ttl.saturating_add(self.stale_while_revalidate) => Verdict::Stale,
            _ => Verdict::Expired,
        }
    }

    /// Whether an entry is good enough at `now`, since the source fails.
    pub(super) fn is_better_than_nothing(&self, entry: &Entry, now: Timestamp) -> bool {
        let ttl = entry.ttl().min(self.ttl_of(entry.is_empty()));
        let young = age(entry.known_at(), now).is_some_and(|age| age <= ttl.saturating_add(self.stale_for()));
        self.consistency == Consistency::Any && young
    }

    fn ttl_of(&self, is_empty: bool) -> Duration {
        if is_empty { self.negative_ttl } else { self.ttl }
    }

    fn stale_for(&self) -> Duration {
        self.stale_while_revalidate.max(self.stale_if_error)
    }
}

/// What an entry is to a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// An answer.
    Fresh,
    /// An answer, if someone else is about to have a newer one.
    Stale,
    /// No answer, unless the source says that it is of its generation.
    Expired,
}

/// How long ago a moment was; none for one that is yet to come: the clock was set back.
pub(super) fn age(of: Timestamp, now: Timestamp) -> Option<Duration> {
    let micros = now.micros().checked_sub(of.micros())?;
    u64::try_from(micros).ok().map(Duration::from_micros)
}
