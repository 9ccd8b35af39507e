//! Single flight: of all who miss the same key at once, one loads, and the others get what it has loaded.
//!
//! Whoever loads holds a lock; the others wait for it and find the outcome. One that is dropped before it is done gives the
//! lock to the next, who loads.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use futures_util::lock::{Mutex as AsyncMutex, MutexGuard};

use crate::error::{Cause, Operation, StorageError, StorageTier};

use super::envelope::Entry;

/// What a load gave: an entry, how many invalidations there had been when it began, and the how manieth load it was.
#[derive(Clone, Debug)]
pub(super) enum Landed {
    Entry { entry: Entry, invalidations: u64, load: u64 },
    Failed(Arc<Failed>),
}

/// The error of a load, as the others get it.
#[derive(Debug)]
pub(super) struct Failed {
    tier: StorageTier,
    operation: Operation,
    collection: Option<Box<str>>,
    message: String,
}

impl Failed {
    pub(super) fn of(error: &StorageError) -> Self {
        Self {
            tier: error.tier,
            operation: error.operation,
            collection: error.collection.clone(),
            message: error.source.to_string(),
        }
    }

    pub(super) fn again(&self) -> StorageError {
        StorageError {
            tier: self.tier,
            operation: self.operation,
            collection: self.collection.clone(),
            statement: None,
            source: Cause::Shared(self.message.clone()),
        }
    }
}

type Flight = Arc<AsyncMutex<Option<Landed>>>;

/// The lock of a flight, with the outcome if there is one.
pub(super) type Flying<'a> = MutexGuard<'a, Option<Landed>>;

/// The loads that are going on, by their keys.
#[derive(Debug, Default)]
pub(super) struct Flights {
    all: Mutex<HashMap<Box<str>, Flight>>,
    /// How many loads have begun so far, which no clock that is set back makes fewer.
    loads: AtomicU64,
}

/// A place in a flight; the flight ends when nobody has one.
#[derive(Debug)]
pub(super) struct Seat<'a> {
    flights: &'a Flights,
    key: &'a str,
    flight: Flight,
}

impl Flights {
    /// The number of the load that begins now.
    pub(super) fn begin_load(&self) -> u64 {
        self.loads.fetch_add(1, Ordering::AcqRel)
    }

    /// The number of the next load.
    pub(super) fn next_load(&self) -> u64 {
        self.loads.load(Ordering::Acquire)
    }

    pub(super) fn board<'a>(&'a self, key: &'a str) -> Seat<'a> {
        let mut flights = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let flight = match flights.get(key) {
            Some(flight) => flight.clone(),
            None => flights.entry(key.into()).or_default().clone(),
        };
        Seat { flights: self, key, flight }
    }
}

impl Seat<'_> {
    /// The lock, once nobody loads.
    pub(super) async fn lock(&self) -> Flying<'_> {
        self.flight.lock().await
    }

    /// The lock, if nobody loads now.
    pub(super) fn try_lock(&self) -> Option<Flying<'_>> {
        self.flight.try_lock()
    }

    /// Later misses begin a flight of their own.
    pub(super) fn land(&self) {
        let mut flights = self.flights.all.lock().unwrap_or_else(PoisonError::into_inner);
        if flights.get(self.key).is_some_and(|flight| Arc::ptr_eq(flight, &self.flight)) {
            flights.remove(self.key);
        }
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        let mut flights = self.flights.all.lock().unwrap_or_else(PoisonError::into_inner);
        let is_last = Arc::strong_count(&self.flight) == 2; // this one and the map's; both are counted under the lock
        if is_last && flights.get(self.key).is_some_and(|flight| Arc::ptr_eq(flight, &self.flight)) {
            flights.remove(self.key);
        }
    }
}
