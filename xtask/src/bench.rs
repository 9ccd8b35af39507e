//! `cargo xtask bench`: side by side with peers, in the workspace `benches/` that nothing else sees.

use anyhow::Result;

use crate::run::{command, root, step};

/// Builds the peers and runs them in turn.
pub(crate) fn hot(arguments: &[&str]) -> Result<()> {
    let mut bench = command("cargo run --release --package hot --");
    bench.args(arguments).current_dir(root().join("benches"));
    step("bench hot", bench)
}
