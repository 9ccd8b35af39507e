//! Runs the peers and terrace in turn, round by round, and says how they compare.
//!
//! `cargo xtask bench hot [--rounds N] [--seed N] [--only WORKLOAD…]`
//!
//! Each job is a process of its own on a fresh copy of a file, and times only the work. What the peers without a log
//! wrote and read is checked to be the same as what terrace did.

mod files;
mod peer;
mod plan;
mod show;

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};
use bench_common::{Report, Workload};

use files::Files;
use peer::Peer;

/// What was asked for on the command line.
struct Arguments {
    rounds: usize,
    seed: u64,
    only: Vec<String>,
}

/// Every report, by workload and peer, in the order of the rounds.
type Reports = BTreeMap<(Workload, Peer), Vec<Report>>;

fn main() -> Result<()> {
    let arguments = arguments()?;
    let plan: Vec<(Workload, &[Peer])> = plan::WORKLOADS
        .into_iter()
        .filter(|(workload, _)| {
            arguments.only.is_empty() || arguments.only.iter().any(|only| only == workload.name())
        })
        .collect();
    ensure!(!plan.is_empty(), "there is no such workload; they are {}", plan::names());
    let files = Files::make(arguments.seed)?;
    let mut reports = Reports::new();
    for round in 0..arguments.rounds {
        eprintln!("round {} of {}", round + 1, arguments.rounds);
        for (workload, peers) in &plan {
            run_round(&files, *workload, peers, round, &mut reports)
                .with_context(|| format!("round {}, {}", round + 1, workload.name()))?;
        }
    }
    show::table(&reports);
    show::ratios(&plan::ratios(&reports));
    Ok(())
}

/// One workload by each of its peers; another one begins each round.
fn run_round(
    files: &Files,
    workload: Workload,
    peers: &[Peer],
    round: usize,
    reports: &mut Reports,
) -> Result<()> {
    let mut results = Vec::new();
    for turn in 0..peers.len() {
        let peer = peers[(turn + round) % peers.len()];
        let (report, stored) = files.run(workload, peer)?;
        results.push((peer, report.digest, stored));
        reports.entry((workload, peer)).or_default().push(report);
    }
    for (peer, read, stored) in &results {
        let (first, first_read, first_stored) = &results[0];
        ensure!(read == first_read, "{} and {} read different documents", peer.name(), first.name());
        ensure!(stored == first_stored, "{} and {} stored different documents", peer.name(), first.name());
    }
    Ok(())
}

fn arguments() -> Result<Arguments> {
    let mut parsed = Arguments { rounds: 7, seed: 1, only: Vec::new() };
    let mut arguments = std::env::args().skip(1).peekable();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--rounds" => parsed.rounds = arguments.next().context("--rounds needs a number")?.parse()?,
            "--seed" => parsed.seed = arguments.next().context("--seed needs a number")?.parse()?,
            "--only" => {
                while let Some(workload) = arguments.next_if(|next| !next.starts_with("--")) {
                    parsed.only.push(workload);
                }
            }
            other => bail!("unknown argument {other}: bench hot [--rounds N] [--seed N] [--only WORKLOAD…]"),
        }
    }
    ensure!(parsed.rounds > 0, "--rounds has to be at least 1");
    Ok(parsed)
}
