//! Who does what, and which figures are compared.

use bench_common::Workload;

use crate::{Reports, peer::Peer};

const EVERYONE: &[Peer] = &[Peer::Terrace, Peer::Raw, Peer::Diesel, Peer::Sqlx, Peer::Seaorm, Peer::Toasty];
const PEERS: [Peer; 4] = [Peer::Diesel, Peer::Sqlx, Peer::Seaorm, Peer::Toasty];

pub(crate) const WORKLOADS: [(Workload, &[Peer]); 8] = [
    (Workload::InsertAll, EVERYONE),
    (Workload::InsertOne, &[Peer::Terrace, Peer::Raw]),
    (Workload::InsertOneOutbox, &PEERS),
    (Workload::Update, EVERYONE),
    (Workload::Get, EVERYONE),
    (Workload::Find, &[Peer::Terrace, Peer::Raw]),
    (Workload::RowsOne, &[Peer::Terrace]),
    (Workload::RowsBulk, &[Peer::Terrace]),
];

/// The workloads' names, with commas.
pub(crate) fn names() -> String {
    WORKLOADS.map(|(workload, _)| workload.name()).join(", ")
}

/// A figure, and the bound that it is held to.
pub(crate) struct Ratio {
    pub(crate) name: String,
    pub(crate) value: f64,
    pub(crate) bound: f64,
}

/// What the reports are enough for.
pub(crate) fn ratios(reports: &Reports) -> Vec<Ratio> {
    let mut ratios = Vec::new();
    let mut add = |name: String, value: Option<f64>, bound| {
        ratios.extend(value.map(|value| Ratio { name, value, bound }));
    };
    let over_raw = [
        (Workload::InsertAll, 1.35),
        (Workload::InsertOne, 1.9),
        (Workload::Update, 1.4),
        (Workload::Get, 1.2),
        (Workload::Find, 1.2),
    ];
    for (workload, bound) in over_raw {
        let value = over(reports, (workload, Peer::Terrace), (workload, Peer::Raw));
        add(workload.name().to_owned(), value, bound);
    }
    for peer in PEERS {
        for workload in [Workload::InsertAll, Workload::Update, Workload::Get] {
            let value = over(reports, (workload, Peer::Terrace), (workload, peer));
            add(format!("vs_{}_{}", peer.name(), workload.name()), value, 1.0);
        }
        let value = over(reports, (Workload::InsertOne, Peer::Terrace), (Workload::InsertOneOutbox, peer));
        add(format!("vs_{}_insert_one_outbox", peer.name()), value, 1.0);
    }
    for (workload, bound) in [(Workload::RowsOne, 2.05), (Workload::RowsBulk, 1.1)] {
        add(workload.name().to_owned(), rows_a_mutation(reports, workload), bound);
    }
    ratios
}

type Series = (Workload, Peer);

/// The median, over the rounds, of our time over theirs in the same round: what slows a whole round down, slows both.
fn over(reports: &Reports, ours: Series, theirs: Series) -> Option<f64> {
    let rounds = reports.get(&ours)?.iter().zip(reports.get(&theirs)?);
    Some(median(rounds.map(|(ours, theirs)| number(ours.nanoseconds) / number(theirs.nanoseconds))))
}

/// The peer leaves the number of mutations in the place of a digest.
fn rows_a_mutation(reports: &Reports, workload: Workload) -> Option<f64> {
    let reports = reports.get(&(workload, Peer::Terrace))?;
    Some(median(reports.iter().map(|report| number(report.rows) / number(report.digest))))
}

/// The number in the middle.
pub(crate) fn median(numbers: impl Iterator<Item = f64>) -> f64 {
    let mut numbers: Vec<f64> = numbers.collect();
    numbers.sort_unstable_by(f64::total_cmp);
    let middle = numbers.len() / 2;
    f64::midpoint(numbers[(numbers.len() - 1) / 2], numbers[middle])
}

/// A number of nanoseconds or rows, which a float holds exactly up to 2^53.
#[allow(clippy::cast_precision_loss)]
pub(crate) fn number(number: u64) -> f64 {
    number as f64
}
