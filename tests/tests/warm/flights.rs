//! Single flight: however many miss at once, one loads.

use std::{
    cell::Cell,
    sync::{
        Arc, Barrier,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_executor::block_on;
use futures_util::future::{Either, join, join_all, ready, select};
use terrace::{
    Cause,
    prelude::*,
    warm::{Consistency, Policy, Scope},
};
use terrace_tests::cache_api::{DataCentre, Edge, Time, pause, timer};

#[derive(Collection, Clone, Debug, PartialEq)]
struct City {
    #[id]
    name: String,
    people: i64,
}

fn bonn(people: i64) -> City {
    City { name: "Bonn".into(), people }
}

fn policy() -> Policy {
    Policy::new(Duration::from_mins(1))
}

fn both() -> [Cache; 2] {
    let time = Time::default();
    let edge = Cache::over(Edge(DataCentre::new(&time)), timer(&time)).clock(time.clock());
    [Cache::in_memory(1_000_000).clock(time.clock()), edge]
}

#[test]
fn a_thousand_concurrent_misses_make_one_load() {
    let policy = policy();
    for cache in both() {
        let loads = Cell::new(0);
        let key = City::cache_key("object", "Bonn").unwrap();
        let load = async || {
            loads.set(loads.get() + 1);
            for _ in 0..20 {
                pause().await;
            }
            Ok(Some(bonn(1)))
        };
        let all = (0..1_000).map(|_| cache.get_or_load(&key, &policy, load));
        let found = block_on(async { join_all(all.collect::<Vec<_>>()).await });
        assert!(found.into_iter().all(|found| found.unwrap() == Some(bonn(1))));
        assert_eq!((loads.get(), cache.counters().shared), (1, 999));
    }
}

/// Each answer is too old when its load ends; all who waited would load one after the other.
#[test]
fn answers_that_live_shorter_than_their_load_are_shared_by_all_who_waited() {
    let policy = policy().negative_ttl(Duration::ZERO);
    let time = Time::default();
    let edge = Cache::over(Edge(DataCentre::new(&time)), timer(&time)).clock(time.clock());
    for cache in [Cache::in_memory(1_000_000).clock(time.clock()), edge] {
        let loads = Cell::new(0);
        let key = City::cache_key("object", "Bonn").unwrap();
        let load = async || {
            loads.set(loads.get() + 1);
            for _ in 0..20 {
                pause().await;
                time.pass(Duration::from_millis(1));
            }
            Ok(None)
        };
        let all: Vec<_> = (0..1_000).map(|_| cache.get_or_load(&key, &policy, load)).collect();
        let found = block_on(async { join_all(all).await });
        assert!(found.into_iter().all(|found| found.unwrap().is_none()));
        assert!(loads.get() <= 2, "{} loads", loads.get());
    }
}

/// Whoever loads and is not asked to go on would be waited for for ever.
#[test]
fn a_load_that_does_not_go_on_is_not_waited_for_longer_than_a_while() {
    let time = Time::default();
    let cache = Cache::over(Edge(DataCentre::new(&time)), timer(&time)).clock(time.clock());
    let (key, policy) = (City::cache_key("object", "Bonn").unwrap(), policy());
    let mut set_aside = Box::pin(cache.get_or_load(&key, &policy, async || std::future::pending().await));
    block_on(async {
        for _ in 0..1_000 {
            let polled = select(&mut set_aside, Box::pin(pause())).await;
            assert!(matches!(polled, Either::Right(_)));
        }
    });
    let before = time.now();
    let found = block_on(cache.get_or_load(&key, &policy, async || Ok(Some(bonn(1))))).unwrap();
    assert_eq!(found, Some(bonn(1)));
    assert!(time.now().micros() - before.micros() < 10_000_000);
    assert_eq!(block_on(cache.get_or_load(&key, &policy, async || Ok(None))).unwrap(), Some(bonn(1)));
}

#[test]
fn threads_that_miss_at_once_make_one_load() {
    let policy = policy();
    let cache = Cache::in_memory(1_000_000);
    let loads = AtomicU64::new(0);
    let (cache, loads, policy) = (&cache, &loads, &policy);
    for round in 0..50 {
        let name = format!("{round}");
        let key = &City::cache_key("object", name.as_str()).unwrap();
        std::thread::scope(|threads| {
            for _ in 0..20 {
                threads.spawn(move || {
                    let load = async || {
                        loads.fetch_add(1, Ordering::Relaxed);
                        std::thread::yield_now();
                        Ok(Some(bonn(round)))
                    };
                    let found = block_on(cache.get_or_load(key, policy, load)).unwrap();
                    assert_eq!(found, Some(bonn(round)));
                });
            }
        });
    }
    assert_eq!(loads.load(Ordering::Relaxed), 50);
}

thread_local! {
    /// Whether this thread stops when it next asks for the time.
    static STOPS: Cell<bool> = const { Cell::new(false) };
}

#[test]
fn what_was_loaded_between_a_look_and_the_flight_is_not_loaded_again() {
    let (time, policy) = (Time::default(), policy());
    let (now, gate) = (time.clock(), Arc::new(Barrier::new(2)));
    let held = gate.clone();
    let cache = Cache::in_memory(1_000_000).clock(move || {
        if STOPS.replace(false) {
            held.wait(); // it has looked, and is about to judge what it has found
            held.wait();
        }
        now()
    });
    let loads = AtomicU64::new(0);
    let key = City::cache_key("object", "Bonn").unwrap();
    let read = || {
        let load = async || Ok(Some(bonn(loads.fetch_add(1, Ordering::Relaxed).cast_signed())));
        block_on(cache.get_or_load(&key, &policy, load)).unwrap()
    };
    read();
    time.pass(2 * policy.ttl);
    std::thread::scope(|threads| {
        let late = threads.spawn(|| {
            STOPS.set(true);
            read()
        });
        gate.wait();
        let meanwhile = read();
        gate.wait();
        assert_eq!((meanwhile, late.join().unwrap()), (Some(bonn(1)), Some(bonn(1))));
    });
    assert_eq!((loads.load(Ordering::Relaxed), cache.counters().shared), (2, 1));
}

#[test]
fn when_the_one_who_loads_is_dropped_another_takes_over() {
    let policy = policy();
    for cache in both() {
        let key = City::cache_key("object", "Bonn").unwrap();
        let loads = Cell::new(0);
        let never = async || {
            loads.set(loads.get() + 1);
            std::future::pending::<()>().await;
            Ok(None)
        };
        let load = async || {
            loads.set(loads.get() + 1);
            Ok(Some(bonn(2)))
        };
        let cancelled = async {
            let get = Box::pin(cache.get_or_load(&key, &policy, never));
            let patience = Box::pin(async {
                for _ in 0..30 {
                    pause().await;
                }
            });
            select(get, patience).await;
        };
        let patient = async {
            for _ in 0..10 {
                pause().await;
            }
            cache.get_or_load(&key, &policy, load).await.unwrap()
        };
        let ((), found) = block_on(async { join(cancelled, patient).await });
        assert_eq!((found, loads.get()), (Some(bonn(2)), 2));
    }
}

#[test]
fn a_load_that_fails_fails_for_all_who_wait_and_for_nobody_later() {
    let policy = policy();
    for cache in both() {
        let key = City::cache_key("object", "Bonn").unwrap();
        let loads = Cell::new(0);
        let load = async || {
            loads.set(loads.get() + 1);
            for _ in 0..20 {
                pause().await;
            }
            if loads.get() == 1 { Err(StorageError::abort("out of order")) } else { Ok(Some(bonn(1))) }
        };
        let all: Vec<_> = (0..10).map(|_| cache.get_or_load(&key, &policy, load)).collect();
        let errors: Vec<_> = block_on(join_all(all)).into_iter().map(|found| found.unwrap_err()).collect();
        assert!(errors.iter().all(|error| error.to_string().contains("out of order")));
        let own = errors.iter().filter(|error| matches!(error.source, Cause::Aborted(_))).count();
        let shared = errors.iter().filter(|error| matches!(error.source, Cause::Shared(_))).count();
        assert_eq!((own, shared, loads.get()), (1, 9, 1));
        let found = block_on(cache.get_or_load(&key, &policy, load)).unwrap();
        assert_eq!((found, loads.get()), (Some(bonn(1)), 2));
    }
}

/// What a source says that takes its time.
async fn read_slowly(people: &Cell<i64>, pauses: usize) -> Result<Option<City>, StorageError> {
    let read = people.get();
    for _ in 0..pauses {
        pause().await;
    }
    Ok(Some(bonn(read)))
}

#[test]
fn a_read_that_begins_after_an_invalidation_does_not_take_what_was_loading_before_it() {
    for cache in both() {
        let policy = policy();
        let key = City::cache_key("object", "Bonn").unwrap();
        let people = Cell::new(1);
        let load = async || read_slowly(&people, 60).await;
        let later = async {
            for _ in 0..50 {
                pause().await;
            }
            people.set(2);
            cache.invalidate(&Scope::document(&key)).await.unwrap();
            cache.get_or_load(&key, &policy, load).await
        };
        let (first, later) = block_on(async { join(cache.get_or_load(&key, &policy, load), later).await });
        assert_eq!((first.unwrap(), later.unwrap()), (Some(bonn(1)), Some(bonn(2))));
        assert_eq!(block_on(cache.get_or_load(&key, &policy, load)).unwrap(), Some(bonn(2)));
    }
}

#[test]
fn what_is_loading_when_its_document_is_invalidated_is_not_kept() {
    // before the load ends, and while its answer is on its way to the store
    for (cache, pauses) in [10, 60, 61, 62].into_iter().flat_map(|pauses| both().map(|cache| (cache, pauses)))
    {
        let policy = policy();
        let key = City::cache_key("object", "Bonn").unwrap();
        let people = Cell::new(1);
        let load = async || read_slowly(&people, 50).await;
        let write = async {
            for _ in 0..pauses {
                pause().await;
            }
            people.set(2);
            cache.invalidate(&Scope::document(&key)).await.unwrap();
        };
        let (found, ()) = block_on(async { join(cache.get_or_load(&key, &policy, load), write).await });
        assert_eq!(found.unwrap(), Some(bonn(1)));
        let found = block_on(cache.get_or_load(&key, &policy, load)).unwrap();
        assert_eq!(found, Some(bonn(2)), "after {pauses} pauses");
    }
}

/// While the store is being told of an invalidation it still has the token from before, and a read with a short bound asks it.
#[test]
fn a_read_beside_an_invalidation_does_not_bring_back_what_was_there() {
    let time = Time::default();
    let cache = Cache::over(Edge(DataCentre::new(&time)), timer(&time)).clock(time.clock());
    let (key, policy) = (City::cache_key("object", "Bonn").unwrap(), policy());
    let people = Cell::new(1);
    let load = async || Ok(Some(bonn(people.get())));
    block_on(cache.get_or_load(&key, &policy, load)).unwrap();
    people.set(2);
    let scope = Scope::object("object");
    let mut invalidating = Box::pin(cache.invalidate(&scope));
    block_on(async { assert!(matches!(select(&mut invalidating, ready(())).await, Either::Right(_))) });
    let strict = policy.clone().consistency(Consistency::Bounded(Duration::ZERO));
    block_on(cache.get_or_load(&key, &strict, load)).unwrap();
    block_on(invalidating).unwrap();
    assert_eq!(block_on(cache.get_or_load(&key, &policy, load)).unwrap(), Some(bonn(2)));
}
