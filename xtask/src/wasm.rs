//! `cargo xtask wasm`: builds the Workers of the project.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Result, bail};

use crate::run::{command, exists, output, root, step, target_folder};

const TARGET: &str = "wasm32-unknown-unknown";

/// Where Debian keeps its own Rust.
const SYSTEM_CARGO: &str = "/usr/bin/cargo";
const SYSTEM_SOURCES: &str = "/usr/lib/rustlib/src/rust/library";

/// The packages that are Workers.
pub(crate) const EXAMPLE: &str = "terrace-example-worker";
pub(crate) const TESTS: &str = "terrace-tests-object";
pub(crate) const BENCH: &str = "terrace-bench-object";

/// Beside the Worker of [`TESTS`]: two versions of another.
const VERSIONS: [&str; 2] = ["version_1", "version_2"];

const ADVICE: &str = "\
the Rust target wasm32-unknown-unknown is missing and could not be installed. Install it by one of
    rustup target add wasm32-unknown-unknown
    apt-get install -y --no-install-recommends rustc-web cargo-web rust-web-src rust-web-llvm lld-22";

/// Builds Workers; gives the folder with a folder of modules for each. Each is built by itself, so that none gets the
/// features that another asks of terrace.
pub(crate) fn build(packages: &[&str]) -> Result<PathBuf> {
    let target = target_folder()?;
    let (built, workers) = (target.join(TARGET).join("wasm"), target.join("workers"));
    for package in packages {
        step(&format!("wasm of {package}"), cargo("build", &[package], &[])?)?;
        let wasm = built.join(package.replace('-', "_")).with_extension("wasm");
        step(&format!("modules of {package}"), modules(&wasm, &workers.join(package)))?;
    }
    for version in VERSIONS.iter().filter(|_| packages.contains(&TESTS)) {
        let wasm = built.join("examples").join(version).with_extension("wasm");
        step(&format!("modules of {version}"), modules(&wasm, &workers.join(version)))?;
    }
    Ok(workers)
}

/// The lints of the code that only a Worker has. The distribution's packages have none of the pinned version.
pub(crate) fn clippy() -> Result<()> {
    if !has_target() {
        println!("\n== clippy of the Workers: not run, since rustup has no target {TARGET}");
        return Ok(());
    }
    step("clippy of the Workers", cargo("clippy", &[EXAMPLE, TESTS, BENCH], &["--", "-D", "warnings"])?)?;
    let lake = ["--no-default-features", "--features", "worker,lake", "--", "-D", "warnings"];
    step("clippy of the lake in a Worker", cargo("clippy", &["terrace"], &lake)?)
}

/// A command of cargo over Workers: by rustup's target, else by the distribution's packages.
fn cargo(verb: &str, packages: &[&str], last: &[&str]) -> Result<Command> {
    let mut cargo = if has_target() {
        command("cargo")
    } else if Path::new(SYSTEM_SOURCES).exists() {
        system_cargo()
    } else {
        bail!(ADVICE)
    };
    cargo
        .args([verb, "--lib", "--examples", "--profile", "wasm", "--target", TARGET])
        .env("WASM_BINDGEN_USE_JS_SYS", "1");
    for package in packages {
        cargo.args(["--package", package]);
    }
    cargo.args(last);
    Ok(cargo)
}

fn has_target() -> bool {
    let installed = || {
        let list = output(command("rustup target list --installed")).unwrap_or_default();
        list.lines().any(|line| line == TARGET)
    };
    installed() || exists(&format!("rustup target add {TARGET}")) && installed()
}

/// The distribution's cargo, which builds the standard library from its sources.
fn system_cargo() -> Command {
    let mut cargo = Command::new(SYSTEM_CARGO);
    cargo
        .current_dir(root())
        .env("RUSTC", "/usr/bin/rustc")
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort");
    cargo
}

fn modules(wasm: &Path, folder: &Path) -> Command {
    let mut modules = command("cargo run --quiet --package xtask-wasm --");
    modules.arg(wasm).arg(folder);
    modules
}
