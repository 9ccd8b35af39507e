//! Fuzzing of the decoders, for a bounded number of executions each, from sound bytes on.

use anyhow::Result;

use crate::run::{command, exists, root, step, target_folder};

/// The targets in `fuzz/fuzz_targets`.
const TARGETS: [&str; 6] = ["bools", "ints", "floats", "strings", "wides", "file"];

/// How often each target is executed; libFuzzer prints it at the end.
const EXECUTIONS: &str = "-runs=2000000";

/// What cargo-fuzz tells the compiler, so that it is not needed.
const FLAGS: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1";

/// Builds and runs every target.
pub(crate) fn run() -> Result<()> {
    if !exists("cargo +nightly --version") {
        println!(
            "\n== fuzzing: not done, since it needs a nightly compiler: rustup toolchain install nightly"
        );
        return Ok(());
    }
    let corpus = target_folder()?.join("fuzz-corpus");
    let mut seeds = command("cargo run --package terrace-tests --all-features --bin fuzz_seeds --");
    seeds.arg(&corpus);
    step("seeds of fuzzing", seeds)?;
    for target in TARGETS {
        let mut fuzz =
            command("cargo +nightly run --release --locked --target x86_64-unknown-linux-gnu --bin");
        fuzz.args([
            target,
            "--",
            EXECUTIONS,
            "-rss_limit_mb=1024",
            "-timeout=10",
            "-max_len=4096",
            "-verbosity=0",
        ])
        .args(["-print_final_stats=1", "-print_funcs=0"])
        .arg(format!("-artifact_prefix={}/", corpus.display()))
        .arg(corpus.join(target))
        .current_dir(root().join("fuzz"))
        .env("RUSTFLAGS", FLAGS)
        .env_remove("RUSTUP_TOOLCHAIN");
        step(&format!("fuzz {target}"), fuzz)?;
    }
    Ok(())
}
