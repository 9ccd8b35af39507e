//! What a cache has done so far.

use std::sync::atomic::{AtomicU64, Ordering};

/// How often things have happened in a cache since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// Reads that were answered by the cache, since what it had was fresh.
    pub hits: u64,
    /// Of these, reads whose answer was that there is nothing.
    pub negative_hits: u64,
    /// Reads that were answered by the cache, since the source said that its generation is the same.
    pub verified: u64,
    /// Reads that got an expired answer, while someone else loaded it anew.
    pub stale: u64,
    /// Reads that got an expired answer, since the source failed.
    pub stale_on_error: u64,
    /// Reads that got the answer which someone else has loaded.
    pub shared: u64,
    /// Loads from the source.
    pub loads: u64,
    /// Loads that failed.
    pub failed_loads: u64,
    /// Reads past the cache: of what is not cached, in a transaction, or `Strong` ones of a source without generations.
    pub bypassed: u64,
    /// Entries that were damaged or of something else.
    pub damaged: u64,
    /// Answers that were not stored, since they are too large.
    pub too_large: u64,
    /// What the store could not do.
    pub failures: u64,
    /// What the store did not do in time.
    pub timeouts: u64,
}

/// What is counted.
#[derive(Clone, Copy, Debug)]
pub(super) enum Event {
    Hit,
    NegativeHit,
    Verified,
    Stale,
    StaleOnError,
    Shared,
    Load,
    FailedLoad,
    Bypassed,
    Damaged,
    TooLarge,
    Failure,
    Timeout,
}

#[derive(Debug, Default)]
pub(super) struct Counts([AtomicU64; 13]);

impl Counts {
    pub(super) fn count(&self, event: Event) {
        self.0[event as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn read(&self) -> Counters {
        let of = |event: Event| self.0[event as usize].load(Ordering::Relaxed);
        Counters {
            hits: of(Event::Hit),
            negative_hits: of(Event::NegativeHit),
            verified: of(Event::Verified),
            stale: of(Event::Stale),
            stale_on_error: of(Event::StaleOnError),
            shared: of(Event::Shared),
            loads: of(Event::Load),
            failed_loads: of(Event::FailedLoad),
            bypassed: of(Event::Bypassed),
            damaged: of(Event::Damaged),
            too_large: of(Event::TooLarge),
            failures: of(Event::Failure),
            timeouts: of(Event::Timeout),
        }
    }
}
