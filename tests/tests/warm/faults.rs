//! Invariant 9: a failing cache never fails a read; and invariant 8: whatever it gives back, no read panics.

use std::{cell::Cell, time::Duration};

use futures_executor::block_on;
use terrace::{
    prelude::*,
    warm::{Policy, Scope},
};
use terrace_tests::{
    cache_api::{DataCentre, Edge, Mood, Time, timer},
    cases,
};
use xxhash_rust::xxh3::xxh3_64;

#[derive(Collection, Clone, Debug, PartialEq)]
struct City {
    #[id]
    name: String,
    people: Option<i64>,
    area: f64,
}

fn bonn() -> City {
    City { name: "Bonn".into(), people: Some(330_000), area: 141.06 }
}

struct Scene {
    time: Time,
    centre: DataCentre,
    cache: Cache,
    loads: Cell<u64>,
}

impl Scene {
    fn new() -> Self {
        let time = Time::default();
        let centre = DataCentre::new(&time);
        let cache = Cache::over(Edge(centre.clone()), timer(&time)).clock(time.clock());
        Self { cache: cache.timeout(Duration::from_millis(20)), time, centre, loads: Cell::new(0) }
    }

    fn get(&self, name: &str) -> Result<Option<City>, StorageError> {
        let load = async || {
            self.loads.set(self.loads.get() + 1);
            Ok(Some(City { name: name.into(), ..bonn() }))
        };
        let policy = Policy::new(Duration::from_mins(1));
        block_on(self.cache.get_or_load(&City::cache_key("object", name)?, &policy, load))
    }
}

#[test]
fn a_store_that_fails_fails_no_read() {
    let scene = Scene::new();
    scene.centre.set_mood(Mood::Fails);
    for _ in 0..3 {
        assert_eq!(scene.get("Bonn").unwrap(), Some(bonn()));
    }
    assert_eq!(scene.loads.get(), 3);
    assert!(scene.cache.counters().failures > 0);
    assert!(block_on(scene.cache.invalidate(&Scope::all())).is_err(), "who invalidates hears of it");
    scene.centre.set_mood(Mood::Well);
    scene.get("Bonn").unwrap();
    scene.get("Bonn").unwrap();
    assert_eq!(scene.loads.get(), 4);
}

#[test]
fn a_store_that_does_not_answer_delays_a_read_by_its_timeout_and_no_more() {
    let scene = Scene::new();
    scene.get("Bonn").unwrap();
    scene.centre.set_mood(Mood::Hangs);
    let before = scene.time.now();
    assert_eq!(scene.get("Bonn").unwrap(), Some(bonn()));
    assert_eq!(scene.time.now().micros() - before.micros(), 20_000, "it waited once");
    assert_eq!(scene.cache.counters().timeouts, 1, "what was not found was not stored either");
    assert_eq!(scene.loads.get(), 2);
    let error = block_on(scene.cache.invalidate(&Scope::object("object"))).unwrap_err();
    assert!(error.to_string().contains("did not answer in time"), "{error}");
}

#[test]
fn a_store_that_hangs_while_it_stores_delays_a_read_once_more() {
    let scene = Scene::new();
    let load = async || {
        scene.centre.set_mood(Mood::Hangs);
        Ok(Some(bonn()))
    };
    let policy = Policy::new(Duration::from_mins(1));
    let key = City::cache_key("object", "Bonn").unwrap();
    let before = scene.time.now();
    assert!(block_on(scene.cache.get_or_load(&key, &policy, load)).unwrap().is_some());
    assert_eq!(scene.time.now().micros() - before.micros(), 20_000);
}

#[test]
fn damaged_entries_are_misses() {
    cases(300, 20_000, |random| {
        let scene = Scene::new();
        scene.get("Bonn").unwrap();
        scene.centre.damage(|_, body| {
            let at = usize::try_from(random.below(body.len() as u64)).unwrap();
            match random.below(3) {
                0 => body.truncate(at),
                1 => body[at] ^= 1 << random.below(8),
                _ => body.insert(at, random.bits().to_le_bytes()[0]),
            }
        });
        assert_eq!(scene.get("Bonn").unwrap(), Some(bonn()));
        assert_eq!(scene.loads.get(), 2);
    });
}

/// Changes what the checksum of each stored entry is of, and puts the right checksum before it.
fn reseal(centre: &DataCentre, mut change: impl FnMut(&mut Vec<u8>)) {
    centre.damage(|url, body| {
        if !url.starts_with("https://cache.terrace.invalid/v") {
            return;
        }
        // after the format, and the identity of the key with its length
        let identity = u32::from_le_bytes(body[1..5].try_into().unwrap());
        let checksum = 1 + 4 + identity as usize;
        let mut sealed = body.split_off(checksum + 8);
        change(&mut sealed);
        body.truncate(checksum);
        body.extend_from_slice(&xxh3_64(&sealed).to_le_bytes());
        body.extend_from_slice(&sealed);
    });
}

#[test]
fn entries_with_a_right_checksum_and_wrong_bytes_are_no_panic() {
    let scene = Scene::new();
    scene.get("Bonn").unwrap();
    reseal(&scene.centre, |_| ());
    scene.get("Bonn").unwrap();
    assert_eq!(scene.cache.counters().hits, 1, "the checksum is where the test puts it");
    cases(2_000, 200_000, |random| {
        let scene = Scene::new();
        scene.get("Bonn").unwrap();
        reseal(&scene.centre, |sealed| {
            let at = usize::try_from(random.below(sealed.len() as u64)).unwrap();
            match random.below(3) {
                0 => sealed.truncate(at),
                1 => sealed[at] = random.bits().to_le_bytes()[0],
                _ => sealed[at] ^= 0xff,
            }
        });
        scene.get("Bonn").unwrap();
    });
}

#[test]
fn an_entry_that_a_store_gives_under_another_key_is_a_miss() {
    let scene = Scene::new();
    scene.get("Bonn").unwrap();
    let mut stored = Vec::new();
    scene.centre.damage(|url, body| {
        if url.ends_with("dtBonn") {
            stored.clone_from(body);
        }
    });
    scene.get("Cologne").unwrap();
    scene.centre.damage(|url, body| {
        if url.ends_with("dtCologne") {
            body.clone_from(&stored);
        }
    });
    assert_eq!(scene.get("Cologne").unwrap().unwrap().name, "Cologne");
    assert_eq!(scene.cache.counters().damaged, 1);
}

#[test]
fn scopes_that_the_store_has_forgotten_bring_nothing_back() {
    let scene = Scene::new();
    scene.get("Bonn").unwrap();
    block_on(scene.cache.invalidate(&Scope::object("object"))).unwrap();
    scene.centre.damage(|url, body| {
        if url.contains("/n/") {
            body.clear(); // as good as forgotten
        }
    });
    let other = Cache::over(Edge(scene.centre.clone()), timer(&scene.time)).clock(scene.time.clock());
    let loads = Cell::new(0);
    let load = async || {
        loads.set(loads.get() + 1);
        Ok(Some(bonn()))
    };
    let policy = Policy::new(Duration::from_mins(1));
    let key = City::cache_key("object", "Bonn").unwrap();
    for _ in 0..2 {
        block_on(other.get_or_load(&key, &policy, load)).unwrap();
    }
    assert_eq!(loads.get(), 1, "loaded once more, and then found");
}
