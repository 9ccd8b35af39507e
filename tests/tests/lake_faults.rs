//! The crash matrix of the lake: every operation of its store, in sync, commit, compaction, expiry and removal of orphans, fails
//! in every way, and what was done is done again by processes that begin anew.
//!
//! Invariants 3, 4, 5 and 10 hold after the failure and after the recovery.
#![cfg(feature = "lake")]
#![allow(clippy::unwrap_used)] // the world of a test

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::{AtomicUsize, Ordering},
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
const STEPS: [Step; 21] = [
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
];

/// A step of the matrix: what was there before it, and for each of its operations whether it writes.
struct Part {
    before: Scene,
    step: Step,
    operations: Vec<Asked>,
}

/// The faults of a run: the operation of the step, and how it fails.
type Plan = Vec<(usize, Fault)>;

/// The parts that ask the store for anything.
fn parts() -> Vec<Part> {
    let mut scene = Scene::new();
    let mut parts = Vec::new();
    for step in STEPS {
        let before = scene.copy();
        scene.store.plan(&[]);
        scene.run(step).unwrap().unwrap();
        let operations = scene.store.begun();
        scene.check();
        if !operations.is_empty() {
            parts.push(Part { before, step, operations });
        }
    }
    scene.finish();
    parts
}

/// The step fails as planned and is done again until it succeeds; then everything goes on. Gives how many of the faults came to
/// pass.
fn run(part: &Part, plan: &Plan) -> Vec<Asked> {
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
    scene.finish();
    operations
}

/// Whether all that fails is the answer to a commit, which is found when it is looked for.
fn is_found(part: &Part, plan: &Plan) -> bool {
    let [(at, Fault::Lost)] = plan[..] else { return false };
    let path = &part.operations[at].path;
    let is_commit = path.ends_with(".metadata.json") && !path.ends_with("/v1.metadata.json");
    is_commit && matches!(part.step, Sync(_) | Compact)
}

/// Runs all plans, and tells of those after which something is not true.
fn run_all(parts: &[Part], plans: &[(usize, Plan)]) {
    let (next, failed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let work = || {
        while let Some((part, plan)) = plans.get(next.fetch_add(1, Ordering::Relaxed)) {
            if catch_unwind(AssertUnwindSafe(|| run(&parts[*part], plan))).is_err() {
                eprintln!("step {part}, {:?}, with {plan:?}", parts[*part].step);
                failed.fetch_add(1, Ordering::Relaxed);
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
    let failed = failed.into_inner();
    assert_eq!(failed, 0, "of {} runs", plans.len());
}

/// Every fault of every operation of a part.
fn faults(operations: &[Asked]) -> Plan {
    let operations = operations.iter().enumerate();
    operations.flat_map(|(at, asked)| Fault::of(asked.writes).iter().map(move |fault| (at, *fault))).collect()
}

#[test]
fn every_operation_fails_in_every_way() {
    let parts = parts();
    let of_part = |(at, part): (usize, &Part)| -> Vec<(usize, Plan)> {
        faults(&part.operations).into_iter().map(|fault| (at, vec![fault])).collect()
    };
    let plans: Vec<(usize, Plan)> = parts.iter().enumerate().flat_map(of_part).collect();
    let operations: usize = parts.iter().map(|part| part.operations.len()).sum();
    println!("{} steps, {operations} operations, {} runs", parts.len(), plans.len());
    run_all(&parts, &plans);
}

#[test]
fn every_pair_of_operations_fails_in_every_way() {
    if !long() {
        return;
    }
    let parts = parts();
    let mut plans = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        for first in faults(&part.operations) {
            let after = run(part, &vec![first]);
            let second = faults(&after).into_iter().filter(|second| second.0 > first.0);
            plans.extend(second.map(|second| (at, vec![first, second])));
        }
    }
    println!("{} runs", plans.len());
    run_all(&parts, &plans);
}
