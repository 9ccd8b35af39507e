//! What the bench prints.

use crate::{
    Reports,
    plan::{Ratio, median, number},
};

/// The medians of each workload and peer, with the least and the greatest.
pub(crate) fn table(reports: &Reports) {
    println!(
        "\n{:<18} {:<8} {:>7} {:>10} {:>9} {:>9} {:>9}",
        "workload", "peer", "SQLite", "median ms", "min", "max", "rows"
    );
    for ((workload, peer), reports) in reports {
        let Some(first) = reports.first() else { continue };
        let all = || reports.iter().map(|report| number(report.nanoseconds) / 1e6);
        println!(
            "{:<18} {:<8} {:>7} {:>10.1} {:>9.1} {:>9.1} {:>9}",
            workload.name(),
            peer.name(),
            first.sqlite,
            median(all()),
            all().fold(f64::INFINITY, f64::min),
            all().fold(0.0, f64::max),
            first.rows
        );
    }
}

/// A line a figure, lower is better; then which of them are above their bounds.
pub(crate) fn ratios(ratios: &[Ratio]) {
    let missed: Vec<&Ratio> = ratios.iter().filter(|ratio| ratio.value > ratio.bound).collect();
    println!("\n{} of {} within their bounds", ratios.len() - missed.len(), ratios.len());
    for Ratio { name, value, bound } in missed {
        println!("above its bound: {name} {value:.3}, at most {bound}");
    }
    println!();
    for Ratio { name, value, .. } in ratios {
        println!("ratio {name} {value:.3}");
    }
}
