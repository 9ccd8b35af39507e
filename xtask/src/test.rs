//! `cargo xtask test`: every check and test of the project.

use std::process::Command;

use anyhow::Result;

use crate::{
    fuzz, object, python,
    run::{command, exists, root, step, target_folder},
    tools,
};

/// How much to test.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Length {
    Normal,
    /// Many more random sequences and crashes.
    Long,
}

pub(crate) fn run(length: Length) -> Result<()> {
    step("format", command("cargo fmt --all -- --check"))?;
    step("clippy", command("cargo clippy --workspace --all-targets --all-features -- -D warnings"))?;
    let mut docs = command("cargo doc --workspace --all-features --no-deps");
    docs.env("RUSTDOCFLAGS", "-D warnings");
    step("documentation", docs)?;
    step("doc tests", command("cargo test --workspace --all-features --doc"))?;
    if exists("cargo deny --version") {
        step("dependencies", command("cargo deny check"))?;
    } else {
        println!("\n== dependencies: not checked, since cargo-deny is not installed");
    }
    let requirements = root().join("tests/lake/requirements.txt");
    let python = python::environment(&requirements, &target_folder()?.join("python-tests"))?;
    if python.is_none() {
        println!(
            "\n== the second decoder of VRTX, PyIceberg, DuckDB and a store that speaks S3: not run, since there is no python3"
        );
    }
    let runner = if exists("cargo nextest --version") { "cargo nextest run" } else { "cargo test" };
    let mut tests = command(&format!("{runner} --workspace --all-features --all-targets"));
    if let Some(python) = python {
        tests.env("TERRACE_PYTHON", python);
    }
    if length == Length::Long {
        tests.env("TERRACE_LONG", "1").env("TERRACE_RUSTBERG", tools::rest_catalog()?);
    }
    step("tests", tests)?;
    // With the features of the tests: `cargo run` would build all of it again with fewer.
    step("build the examples", command("cargo build --workspace --all-features --examples"))?;
    step("example", Command::new(target_folder()?.join("debug/examples/quickstart")))?;
    if length == Length::Long {
        step("example of the lake", command("cargo run --locked --manifest-path examples/lake/Cargo.toml"))?;
        fuzz::run()?;
    }
    object::test(length)
}
