//! The crash matrix of the lake: every operation of its store, in sync, commit, compaction, expiry and removal of orphans, fails
//! in every way, and what was done is done again by processes that begin anew.
//!
//! Invariants 3, 4, 5 and 10 hold after the failure and after the recovery.
#![cfg(feature = "lake")]
#![allow(clippy::unwrap_used)] // the world of a test

use std::{
    collections::HashSet,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use terrace_tests::{
    faulty::{Asked, Fault},
    long,
    scene::{
        Scene,
        Step::{self, Compact, Expire, Fork, Orphans, Sync, Wait, Write},
    },
};

/// What is done.
const STEPS: [Step; 25] = [
    Write(0),
    Sync(0),
    Write(1),
    Sync(1),
    Write(0),
    Sync(0),
    Fork(1),
    Write(1),
    Sync(1),
    Write(0),
    Sync(0),
    Compact,
    Write(0),
    Fork(0),
    Sync(0),
    Wait,
    Expire,
    Orphans,
    Write(1),
    Sync(1),
    Compact,
    Write(0),
    Sync(0),
    Compact,
    Expire,
];

/// A step of the matrix: what was there before it, and for each of its operations whether it writes.
struct Part {
    before: Scene,
    step: Step,
    operations: Vec<Asked>,
    /// What is done after it.
    rest: &'static [Step],
}

/// The faults of a run: the operation of the step, and how it fails.
type Plan = Vec<(usize, Fault)>;

/// The parts that ask the store for anything, of steps that do not fail, as long as they are to be done.
fn parts(scene: &mut Scene, steps: &'static [Step], go_on: impl Fn(&Scene, usize) -> bool) -> Vec<Part> {
    let mut parts = Vec::new();
    for (at, step) in steps.iter().enumerate() {
        if !go_on(scene, steps.len() - at) {
            break;
        }
        let before = scene.copy();
        scene.store.plan(&[]);
        scene.run(*step).unwrap().unwrap();
        let operations = scene.store.begun();
        scene.check();
        if !operations.is_empty() {
            parts.push(Part { before, step: *step, operations, rest: &steps[at + 1..] });
        }
    }
    parts
}

/// The step fails as planned and is done again until it succeeds. Gives what is there then, and the operations that it took.
fn recovered(part: &Part, plan: &Plan) -> (Scene, Vec<Asked>) {
    let mut scene = part.before.copy();
    scene.store.plan(plan);
    for attempt in 0.. {
        let outcome = scene.run(part.step);
        scene.check();
        let is_done = matches!(outcome, Some(Ok(())));
        if is_done && attempt > 0 {
            break;
        }
        assert!(is_done || !is_found(part, plan), "a commit whose answer was lost is not found: {outcome:?}");
        assert!(attempt < plan.len() || is_done, "it does not recover: {outcome:?}");
    }
    let operations = scene.store.begun();
    scene.store.settle();
    scene.store.plan(&[]);
    (scene, operations)
}

/// The step fails as planned, recovers, and everything goes on.
fn run(part: &Part, plan: &Plan) {
    recovered(part, plan).0.finish();
}

/// Whether all that fails is the answer to a commit, which is found when it is looked for.
fn is_found(part: &Part, plan: &Plan) -> bool {
    let [(at, Fault::Lost)] = plan[..] else { return false };
    let path = &part.operations[at].path;
    let is_commit = path.ends_with(".metadata.json") && !path.ends_with("/v1.metadata.json");
    is_commit && matches!(part.step, Sync(_) | Compact)
}

/// Every fault of every operation.
fn faults(operations: &[Asked]) -> impl Iterator<Item = (usize, Fault)> {
    let operations = operations.iter().enumerate();
    operations.flat_map(|(at, asked)| Fault::of(asked.writes).iter().map(move |fault| (at, *fault)))
}

/// Does some work for each single fault of the matrix, and tells of those after which something is not true.
fn for_each_fault(parts: &[Part], work: impl Fn(&Part, (usize, Fault)) + std::marker::Sync) -> usize {
    let singles: Vec<_> =
        parts.iter().flat_map(|part| faults(&part.operations).map(move |fault| (part, fault))).collect();
    let (next, failed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let worker = || {
        while let Some((part, fault)) = singles.get(next.fetch_add(1, Ordering::Relaxed)) {
            if catch_unwind(AssertUnwindSafe(|| work(part, *fault))).is_err() {
                eprintln!("{:?}, before {} more, with {fault:?}", part.step, part.rest.len());
                failed.fetch_add(1, Ordering::Relaxed);
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(worker))));
    let failed = failed.into_inner();
    assert_eq!(failed, 0, "of {} faults", singles.len());
    singles.len()
}

/// What the test of pairs rests on: names are no part of a shape, and whatever is left behind is one.
#[test]
fn scenes_of_one_shape_differ_in_names_alone() {
    let mut scene = Scene::new();
    for step in [Write(0), Sync(0)] {
        scene.run(step).unwrap().unwrap();
    }
    let mut other = scene.copy();
    assert_eq!(other.shape(), scene.shape());
    for step in [Wait, Fork(0), Write(0)] {
        let earlier = scene.shape();
        scene.run(step).unwrap().unwrap();
        assert!(step == Wait || scene.shape() != earlier, "{step:?} changes nothing");
        other.run(step).unwrap().unwrap();
    }
    for scene in [&mut scene, &mut other] {
        scene.run(Sync(0)).unwrap().unwrap();
    }
    assert_eq!(other.shape(), scene.shape());
    assert_ne!(other.store.paths(), scene.store.paths());
    let (mut crashed, mut compacted) = (scene.copy(), scene.copy());
    compacted.store.plan(&[]);
    compacted.run(Compact).unwrap().unwrap();
    assert_ne!(compacted.shape(), scene.shape());
    let is_file = |path: &str| path.ends_with(".parquet");
    let at = compacted.store.begun().iter().position(|asked| asked.writes && is_file(&asked.path)).unwrap();
    crashed.store.plan(&[(at, Fault::Crash)]);
    assert!(crashed.run(Compact).is_none());
    assert_ne!(crashed.shape(), scene.shape());
    let young = crashed.shape();
    crashed.run(Wait).unwrap().unwrap();
    assert_ne!(crashed.shape(), young);
}

#[test]
fn every_operation_fails_in_every_way() {
    let mut scene = Scene::new();
    let parts = parts(&mut scene, &STEPS, |_, _| true);
    scene.finish();
    let runs = for_each_fault(&parts, |part, fault| run(part, &vec![fault]));
    let operations: usize = parts.iter().map(|part| part.operations.len()).sum();
    println!("{} steps, {operations} operations, {runs} runs", parts.len());
}

/// What was done already: shapes of scenes, and how many steps were left.
#[derive(Default)]
struct Done(Mutex<HashSet<(usize, u64)>>);

impl Done {
    fn is_new(&self, scene: &Scene, left: usize) -> bool {
        let shape = scene.shape();
        self.0.lock().unwrap().insert((left, shape))
    }
}

/// Counts of the test of pairs.
#[derive(Debug, Default)]
struct Counts {
    /// Second faults in the step of the first.
    within: AtomicUsize,
    /// Second faults in later steps.
    later: AtomicUsize,
    /// How often everything went on to its end.
    finished: AtomicUsize,
}

/// The second fault is in the same step, its recovery included, or in one after it. Of scenes of one shape, from which the same
/// is done, one goes on.
#[test]
fn every_pair_of_operations_fails_in_every_way() {
    if !long() {
        return;
    }
    let (done, counts) = (Done::default(), Counts::default());
    let count = |counter: &AtomicUsize| {
        counter.fetch_add(1, Ordering::Relaxed);
    };
    let run = |part: &Part, plan: &Plan| {
        let mut scene = recovered(part, plan).0;
        if done.is_new(&scene, 0) {
            count(&counts.finished);
            scene.finish();
        }
    };
    // that these fail alone is the other test
    let firsts = parts(&mut Scene::new(), &STEPS, |scene, left| done.is_new(scene, left));
    let firsts = for_each_fault(&firsts, |part, first| {
        let (mut scene, operations) = recovered(part, &vec![first]);
        for second in faults(&operations).filter(|second| second.0 > first.0) {
            count(&counts.within);
            run(part, &vec![first, second]);
        }
        for part in parts(&mut scene, part.rest, |scene, left| done.is_new(scene, left)) {
            for second in faults(&part.operations) {
                count(&counts.later);
                run(&part, &vec![second]);
            }
        }
    });
    println!("{firsts} first faults, {counts:?}");
}
