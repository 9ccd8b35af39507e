//! The tests inside of Durable Objects: on workerd, through miniflare, by Node.

use anyhow::{Result, bail};

use crate::{
    run::{command, exists, root, step, target_folder},
    test::Length,
    wasm,
};

/// Checks and builds the Workers, and runs what `tests/object` says of them.
pub(crate) fn test(length: Length) -> Result<()> {
    if !exists("node --version") || !exists("npm --version") {
        bail!(
            "the tests of Durable Objects run on workerd, which npm brings: install Node 20 or newer, with npm"
        );
    }
    wasm::clippy()?;
    let workers = wasm::build(&[wasm::EXAMPLE, wasm::TESTS])?;
    let native = command("cargo build --workspace --all-features --bin vrtx_file");
    step("the native side of the Workers' files", native)?;
    let folder = root().join("tests/object");
    let mut install = command("npm ci --no-audit --no-fund");
    install.current_dir(&folder);
    step("npm ci", install)?;
    let mut tests = command("node --test --test-timeout=120000");
    tests.current_dir(&folder).env("TERRACE_WORKERS", workers);
    tests.env("TERRACE_VRTX_FILE", target_folder()?.join("debug/vrtx_file"));
    if length == Length::Long {
        tests.env("TERRACE_LONG", "1");
    }
    step("tests in Durable Objects", tests)
}
