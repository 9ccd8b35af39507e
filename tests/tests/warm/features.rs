//! Feature by feature, each in memory and over a store as at the edge.
use std::{
    cell::{Cell, RefCell},
    time::Duration,
};

use futures_executor::block_on;
use terrace::{
    Cause,
    prelude::*,
    warm::{Consistency, Counters, MAX_ENTRY_BYTES, Policy, Scope},
};
use terrace_tests::{
    cache_api::{DataCentre, Edge, Time, timer},
    options,
};

#[derive(Collection, Clone, Debug, PartialEq)]
#[collection(cache = "60s")]
struct City {
    #[id]
    name: String,
    people: i64,
}

#[derive(Collection, Clone, Debug, PartialEq)]
struct Uncached {
    #[id]
    number: i64,
}

const SECOND: Duration = Duration::from_secs(1);

fn city(name: &str, people: i64) -> City {
    City { name: name.into(), people }
}

fn policy() -> Policy {
    Policy::new(60 * SECOND).jitter(0.0)
}

/// Runs a test with a cache in memory, and with one at the edge.
fn with_both(test: impl Fn(Cache, &Time)) {
    let time = Time::default();
    test(Cache::in_memory(10_000_000).clock(time.clock()), &time);
    let time = Time::default();
    test(Cache::over(Edge(DataCentre::new(&time)), timer(&time)).clock(time.clock()), &time);
}

/// A source whose answer and whose failing the test decides.
#[derive(Default)]
struct Town {
    people: Cell<Option<i64>>,
    fails: Cell<bool>,
    loads: Cell<u64>,
}

impl Town {
    fn get(&self, cache: &Cache, policy: &Policy) -> Result<Option<i64>, StorageError> {
        let key = City::cache_key("object", "Bonn")?;
        let load = async || {
            self.loads.set(self.loads.get() + 1);
            if self.fails.get() {
                return Err(StorageError::abort("the source fails"));
            }
            Ok(self.people.get().map(|people| city("Bonn", people)))
        };
        block_on(cache.get_or_load(&key, policy, load)).map(|found| found.map(|city| city.people))
    }
}

#[test]
fn a_document_comes_from_the_cache_until_its_time_to_live_is_over() {
    with_both(|cache, time| {
        let town = Town::default();
        town.people.set(Some(1));
        assert_eq!(town.get(&cache, &policy()).unwrap(), Some(1));
        town.people.set(Some(2));
        time.pass(60 * SECOND);
        assert_eq!(town.get(&cache, &policy()).unwrap(), Some(1));
        time.pass(Duration::from_micros(1));
        assert_eq!(town.get(&cache, &policy()).unwrap(), Some(2));
        assert_eq!(town.loads.get(), 2);
        let counters = cache.counters();
        assert_eq!((counters.hits, counters.loads, counters.bypassed), (1, 2, 0));
    });
}

#[test]
fn the_collection_says_its_time_to_live_and_a_call_another() {
    assert_eq!(Policy::of::<City>().ttl, 60 * SECOND);
    assert_eq!(Policy::of::<Uncached>().ttl, Duration::ZERO);
    with_both(|cache, time| {
        let town = Town::default();
        town.people.set(Some(1));
        town.get(&cache, &policy()).unwrap();
        town.people.set(Some(2));
        time.pass(6 * SECOND);
        let short = policy().ttl(5 * SECOND);
        assert_eq!(town.get(&cache, &short).unwrap(), Some(2), "the call's own is shorter than the entry's");
        time.pass(6 * SECOND);
        assert_eq!(town.get(&cache, &policy()).unwrap(), Some(2));
        assert_eq!(town.loads.get(), 3, "the entry's own is shorter than the call's");
    });
}

#[test]
fn what_has_no_time_to_live_is_not_cached() {
    with_both(|cache, _| {
        let db = options(1).open_in_memory(collections![Uncached]).unwrap();
        db.insert(&Uncached { number: 1 }).unwrap();
        for _ in 0..2 {
            assert!(block_on(cache.get::<Uncached>(&db, 1)).unwrap().is_some());
        }
        assert_eq!(cache.counters().bypassed, 2);
    });
}

#[test]
fn jitter_shortens_the_time_to_live_by_no_more_than_it_says() {
    with_both(|cache, time| {
        let policy = policy().jitter(0.5);
        let mut lives = Vec::new();
        for number in 0..40 {
            let key = City::cache_key("object", format!("{number}").as_str()).unwrap();
            let loads = Cell::new(0);
            let load = async || {
                loads.set(loads.get() + 1);
                Ok(Some(city("", number)))
            };
            let mut seconds = 0;
            while loads.get() < 2 {
                block_on(cache.get_or_load(&key, &policy, load)).unwrap();
                time.pass(SECOND);
                seconds += 1;
            }
            lives.push(seconds - 1);
        }
        assert!(lives.iter().all(|seconds| (30..=61).contains(seconds)), "{lives:?}");
        lives.sort_unstable();
        lives.dedup();
        assert!(lives.len() > 10, "{lives:?}");
    });
}

#[test]
fn that_there_is_nothing_is_cached_for_a_time_of_its_own() {
    with_both(|cache, time| {
        let town = Town::default();
        let policy = policy().negative_ttl(5 * SECOND);
        assert_eq!(town.get(&cache, &policy).unwrap(), None);
        town.people.set(Some(1));
        time.pass(5 * SECOND);
        assert_eq!(town.get(&cache, &policy).unwrap(), None);
        assert_eq!(cache.counters().negative_hits, 1);
        time.pass(SECOND);
        assert_eq!(town.get(&cache, &policy).unwrap(), Some(1));
    });
}

#[test]
fn an_expired_answer_helps_when_the_source_fails_for_as_long_as_the_policy_says() {
    with_both(|cache, time| {
        let town = Town::default();
        let policy = policy().stale_if_error(60 * SECOND);
        town.people.set(Some(1));
        town.get(&cache, &policy).unwrap();
        town.fails.set(true);
        time.pass(120 * SECOND);
        assert_eq!(town.get(&cache, &policy).unwrap(), Some(1));
        assert_eq!(cache.counters().stale_on_error, 1);
        let bounded = policy.clone().consistency(Consistency::Bounded(10 * SECOND));
        assert!(town.get(&cache, &bounded).is_err(), "never older than its bound");
        time.pass(SECOND);
        let error = town.get(&cache, &policy).unwrap_err();
        assert!(matches!(error.source, Cause::Aborted(_)), "the source's own error: {error}");
        town.fails.set(false);
        town.people.set(Some(2));
        assert_eq!(town.get(&cache, &policy).unwrap(), Some(2));
    });
}

#[test]
fn an_expired_answer_is_given_while_another_read_loads() {
    with_both(|cache, time| {
        let key = City::cache_key("object", "Bonn").unwrap();
        let policy = policy().stale_while_revalidate(60 * SECOND);
        let get = async |people: i64| {
            let load = async || {
                for _ in 0..50 {
                    terrace_tests::cache_api::pause().await;
                }
                Ok(Some(city("Bonn", people)))
            };
            cache.get_or_load(&key, &policy, load).await.unwrap().unwrap().people
        };
        block_on(get(1));
        time.pass(120 * SECOND);
        let all = (0..10).map(|_| get(2));
        let mut found = block_on(futures_util::future::join_all(all));
        found.sort_unstable();
        assert_eq!(found, [1, 1, 1, 1, 1, 1, 1, 1, 1, 2]);
        assert_eq!((cache.counters().stale, cache.counters().loads), (9, 2));
        time.pass(121 * SECOND);
        assert_eq!(block_on(get(3)), 3, "too old to be stale");
    });
}

#[test]
fn what_is_larger_than_a_megabyte_is_not_stored() {
    with_both(|cache, _| {
        let key = City::cache_key("object", "Bonn").unwrap();
        for (bytes, loads) in [(MAX_ENTRY_BYTES - 200, 1), (MAX_ENTRY_BYTES, 3)] {
            let load = async || Ok(Some(city(&"x".repeat(bytes), 1)));
            for _ in 0..2 {
                let found = block_on(cache.get_or_load(&key, &policy(), load)).unwrap();
                assert_eq!(found.unwrap().name.len(), bytes);
            }
            assert_eq!(cache.counters().loads, loads);
            block_on(cache.invalidate(&Scope::all())).unwrap();
        }
        assert_eq!(cache.counters().too_large, 2);
    });
}

#[test]
fn values_come_back_bit_for_bit() {
    // invariant 7
    #[derive(Collection, Clone, Debug, PartialEq)]
    struct Extreme {
        #[id]
        id: i64,
        real: f64,
        text: String,
        bytes: Vec<u8>,
        none: Option<String>,
    }
    with_both(|cache, _| {
        let key = Extreme::query_key("object", b"all");
        let reals = [-0.0, f64::INFINITY, f64::MIN_POSITIVE, 5e-324, 0.1];
        let extremes: Vec<Extreme> = (reals.iter().zip([i64::MIN, -1, 0, 1, i64::MAX]))
            .map(|(&real, id)| Extreme { id, real, text: "a\0ä".into(), bytes: vec![0, 255], none: None })
            .collect();
        let load = async || Ok(extremes.clone());
        block_on(cache.find_or_load(&key, &policy(), load)).unwrap();
        let found = block_on(cache.find_or_load(&key, &policy(), load)).unwrap();
        assert_eq!(cache.counters().hits, 1);
        assert_eq!(found, extremes);
        assert!(found[0].real.is_sign_negative());
    });
}

#[test]
fn strong_queries_come_from_the_cache_as_long_as_the_collection_is_as_it_was() {
    // invariants 6 and 9
    with_both(|cache, time| {
        let db = options(1).open_in_memory(collections![City, Uncached]).unwrap();
        db.insert(&city("Bonn", 330_000)).unwrap();
        let strong = policy().consistency(Consistency::Strong);
        let large = || {
            let find = db.find::<City>(|c| c.people.gt(100_000)).order_by(|c| c.people.desc());
            block_on(cache.find_with(find, &strong)).unwrap().len()
        };
        let loads = || cache.counters().loads;
        assert_eq!((large(), large(), loads()), (1, 1, 1));
        time.pass(60 * SECOND);
        assert_eq!((large(), loads()), (1, 1), "no time makes wrong what the source says is right");
        db.insert(&Uncached { number: 1 }).unwrap();
        assert_eq!((large(), loads()), (1, 1), "another collection");
        db.insert(&city("Köln", 1_000_000)).unwrap();
        assert_eq!((large(), loads()), (2, 2));
        let back = db.transaction::<()>(|db| {
            db.delete::<City>("Bonn")?;
            assert_eq!(block_on(cache.find_with(db.all::<City>(), &strong))?.len(), 1);
            Err(StorageError::abort("never mind"))
        });
        assert!(back.is_err());
        assert_eq!((large(), loads()), (2, 2), "what was rolled back is not in the cache");
        db.fork().unwrap();
        assert_eq!((large(), loads()), (2, 3), "a new lineage");
        db.invalidate::<City>().unwrap();
        assert_eq!((large(), loads()), (2, 4));
        db.invalidate::<Uncached>().unwrap();
        assert_eq!((large(), loads()), (2, 4));
        db.invalidate_all().unwrap();
        assert_eq!((large(), loads()), (2, 5));
    });
}

#[test]
fn a_query_that_is_older_than_its_bound_is_verified_instead_of_loaded() {
    with_both(|cache, time| {
        let db = options(1).open_in_memory(collections![City]).unwrap();
        db.insert(&city("Bonn", 330_000)).unwrap();
        let bounded = policy().consistency(Consistency::Bounded(10 * SECOND));
        let all = || block_on(cache.find_with(db.all::<City>(), &bounded)).unwrap().len();
        assert_eq!(all(), 1);
        time.pass(11 * SECOND);
        assert_eq!(all(), 1);
        time.pass(10 * SECOND);
        assert_eq!(all(), 1);
        let Counters { hits, verified, loads, .. } = cache.counters();
        assert_eq!((hits, verified, loads), (1, 1, 1));
        db.insert(&city("Köln", 1_000_000)).unwrap();
        assert_eq!(all(), 1, "as old as it may be");
        time.pass(SECOND);
        assert_eq!(all(), 2);
    });
}

#[test]
fn a_strong_read_of_a_document_is_one_of_the_database() {
    with_both(|cache, _| {
        let db = options(1).open_in_memory(collections![City]).unwrap();
        db.insert(&city("Bonn", 1)).unwrap();
        assert_eq!(block_on(cache.get::<City>(&db, "Bonn")).unwrap().unwrap().people, 1);
        db.update::<City>("Bonn", |c| c.people = 2).unwrap();
        assert_eq!(block_on(cache.get::<City>(&db, "Bonn")).unwrap().unwrap().people, 1);
        let strong = policy().consistency(Consistency::Strong);
        assert_eq!(block_on(cache.get_with::<City>(&db, "Bonn", &strong)).unwrap().unwrap().people, 2);
        db.transaction(|db| {
            assert_eq!(block_on(cache.get::<City>(db, "Bonn"))?.unwrap().people, 2);
            Ok(())
        })
        .unwrap();
    });
}

#[test]
fn an_invalidation_reaches_its_scope_and_nothing_else() {
    with_both(|cache, _| {
        let loaded = RefCell::new(Vec::new());
        let read = |object: &str, tag: Option<&str>| {
            let policy = tag.into_iter().fold(policy(), Policy::tag);
            let cities = async || {
                loaded.borrow_mut().push(format!("{object} city"));
                Ok(Some(city("Bonn", 1)))
            };
            let numbers = async || {
                loaded.borrow_mut().push(format!("{object} number"));
                Ok(vec![Uncached { number: 1 }])
            };
            block_on(cache.get_or_load(&City::cache_key(object, "Bonn").unwrap(), &policy, cities)).unwrap();
            block_on(cache.find_or_load(&Uncached::query_key(object, b"all"), &policy, numbers)).unwrap();
        };
        let loads_after = |scope: Option<Scope>| {
            if let Some(scope) = scope {
                block_on(cache.invalidate(&scope)).unwrap();
            }
            loaded.borrow_mut().clear();
            read("a", None);
            read("b", Some("red"));
            loaded.borrow().join(", ")
        };
        let everything = "a city, a number, b city, b number";
        assert_eq!(loads_after(None), everything);
        assert_eq!(loads_after(None), "");
        let document = City::cache_key("b", "Bonn").unwrap();
        for (scope, expected) in [
            (Scope::all(), everything),
            (Scope::of_type::<City>(), "a city, b city"),
            (Scope::object("a"), "a city, a number"),
            (Scope::collection::<Uncached>("b"), "b number"),
            (Scope::document(&document), "b city"),
            (Scope::tag("red"), "b city, b number"),
            (Scope::tag("blue"), ""),
            (Scope::object("c"), ""),
        ] {
            assert_eq!(loads_after(Some(scope.clone())), expected, "{scope}");
            assert_eq!(loads_after(None), "", "{scope}, again");
        }
    });
}

#[test]
fn a_tag_reaches_what_it_was_stored_with_whoever_reads() {
    with_both(|cache, _| {
        let town = Town::default();
        town.people.set(Some(1));
        town.get(&cache, &policy().tag("red")).unwrap();
        town.people.set(Some(2));
        assert_eq!(town.get(&cache, &policy()).unwrap(), Some(1));
        block_on(cache.invalidate(&Scope::tag("red"))).unwrap();
        assert_eq!(town.get(&cache, &policy()).unwrap(), Some(2), "this read names no tag");
    });
}

#[test]
fn what_a_load_had_read_before_an_invalidation_is_not_served_after_it() {
    with_both(|cache, _| {
        for scope in [Scope::all(), Scope::object("object")] {
            let key = City::cache_key("object", "Bonn").unwrap();
            let people = Cell::new(1);
            let load = async || {
                let read = people.get();
                people.set(2);
                cache.invalidate(&scope).await?; // a write elsewhere, told of while this load is on its way
                Ok(Some(city("Bonn", read)))
            };
            let get = || block_on(cache.get_or_load(&key, &policy(), load)).unwrap().unwrap().people;
            assert_eq!((get(), get()), (1, 2), "{scope}");
            block_on(cache.invalidate(&Scope::all())).unwrap();
        }
    });
}

#[test]
fn caches_that_share_a_store_hear_of_an_invalidation_within_their_bound() {
    let time = Time::default();
    let centre = DataCentre::new(&time);
    let isolate = || Cache::over(Edge(centre.clone()), timer(&time)).clock(time.clock());
    let (here, there) = (isolate(), isolate());
    let town = Town::default();
    town.people.set(Some(1));
    let bounded = policy().consistency(Consistency::Bounded(10 * SECOND));
    assert_eq!(town.get(&here, &bounded).unwrap(), Some(1));
    assert_eq!(town.get(&there, &bounded).unwrap(), Some(1));
    assert_eq!(town.loads.get(), 1, "they share what is stored");
    town.people.set(Some(2));
    block_on(there.invalidate(&Scope::object("object"))).unwrap();
    assert_eq!(town.get(&there, &bounded).unwrap(), Some(2), "at once, where it was said");
    time.pass(10 * SECOND);
    assert_eq!(town.get(&here, &bounded).unwrap(), Some(2));
    assert_eq!(town.loads.get(), 2);
}

#[test]
fn a_clock_that_is_set_back_makes_nothing_younger() {
    let time = Time::default();
    let cache = Cache::in_memory(1_000_000).clock(time.clock());
    let town = Town::default();
    time.pass(3600 * SECOND);
    town.people.set(Some(1));
    town.get(&cache, &policy()).unwrap();
    town.people.set(Some(2));
    let earlier = Cache::clock(cache, || Timestamp::from_micros(0));
    assert_eq!(town.get(&earlier, &policy()).unwrap(), Some(2));
}
