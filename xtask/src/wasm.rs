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

/// The packages that are Workers, and the names of their libraries.
const WORKERS: [(&str, &str); 2] =
    [("terrace-example-worker", "terrace_example_worker"), ("terrace-tests-object", "terrace_tests_object")];

const ADVICE: &str = "\
the Rust target wasm32-unknown-unknown is missing and could not be installed. Install it by one of
    rustup target add wasm32-unknown-unknown
    apt-get install -y --no-install-recommends rustc-web cargo-web rust-web-src rust-web-llvm lld-22";

/// Builds every Worker; gives the folder with a folder of modules for each.
pub(crate) fn build() -> Result<PathBuf> {
    let target = target_folder()?;
    step("wasm", cargo(&["build", "--profile", "wasm"], &[])?)?;
    for (package, library) in WORKERS {
        let wasm = target.join(TARGET).join("wasm").join(format!("{library}.wasm"));
        step(&format!("modules of {package}"), modules(&wasm, &target.join("workers").join(package)))?;
    }
    Ok(target.join("workers"))
}

/// The lints of the code that only a Worker has.
pub(crate) fn clippy() -> Result<Command> {
    cargo(&["clippy", "--profile", "wasm"], &["--", "-D", "warnings"])
}

/// A command of cargo over every Worker: by rustup's target, else by the distribution's packages.
fn cargo(words: &[&str], last: &[&str]) -> Result<Command> {
    let mut cargo = if has_target() {
        command("cargo")
    } else if Path::new(SYSTEM_SOURCES).exists() {
        system_cargo()
    } else {
        bail!(ADVICE)
    };
    cargo.args(words).args(["--target", TARGET]).env("WASM_BINDGEN_USE_JS_SYS", "1");
    for (package, _) in WORKERS {
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
