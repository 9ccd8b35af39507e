//! `cargo xtask bench`: side by side with peers, in workspaces under `benches/` that nothing else sees.

use std::path::PathBuf;

use anyhow::Result;

use crate::{
    run::{command, last_step, root, step},
    wasm,
};

/// The workspaces: terrace and rusqlite with the bench itself, and one a peer, since they link different versions of
/// SQLite and a lock file holds one.
const WORKSPACES: [&str; 5] = [".", "peers/diesel", "peers/sqlx", "peers/seaorm", "peers/toasty"];

/// The columnar format beside Vortex and Parquet. The path of the flights is the first argument.
///
/// Vortex' build needs libclang.
pub(crate) fn vortex(arguments: &[&str]) -> Result<()> {
    let folder = root().join("benches/vortex");
    let mut bench = command("cargo run --release --locked --");
    bench.args(arguments).current_dir(&folder);
    last_step("bench vortex", bench)
}

/// Builds the peers into one folder and runs them in turn.
pub(crate) fn hot(arguments: &[&str]) -> Result<()> {
    let benches = root().join("benches");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| benches.join("target"), PathBuf::from);
    for workspace in WORKSPACES {
        let mut build = command("cargo build --release --locked");
        build.env("CARGO_TARGET_DIR", &target).current_dir(benches.join(workspace));
        step(&format!("build {workspace}"), build)?;
    }
    let mut bench = command("cargo run --release --locked --package hot --");
    bench.args(arguments).env("CARGO_TARGET_DIR", &target).current_dir(&benches);
    last_step("bench hot", bench)
}

/// Builds the Workers and runs the bench on workerd, by Node.
pub(crate) fn object(arguments: &[&str]) -> Result<()> {
    let workers = wasm::build(&[wasm::EXAMPLE, wasm::BENCH])?;
    let folder = root().join("benches/object");
    let mut install = command("npm ci --no-audit --no-fund");
    install.current_dir(&folder);
    step("npm ci", install)?;
    let mut bench = command("node bench.mjs");
    bench.args(arguments).env("TERRACE_WORKERS", workers).current_dir(&folder);
    last_step("bench object", bench)
}
