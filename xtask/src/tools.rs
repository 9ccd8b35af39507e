//! Programs that the long tests need, under the target folder.

use std::path::PathBuf;

use anyhow::Result;

use crate::run::{command, step, target_folder};

/// The Iceberg REST catalog of the long tests. It is built once.
pub(crate) fn rest_catalog() -> Result<PathBuf> {
    let folder = target_folder()?.join("tools");
    let program = folder.join("bin/rustberg");
    if !program.exists() {
        // Its stores of other clouds would take twice the time.
        let what =
            "cargo install rustberg --version 0.3.0 --locked --no-default-features --features cli --debug";
        let mut install = command(what);
        install.arg("--root").arg(&folder).arg("--target-dir").arg(folder.join("build"));
        step("REST catalog", install)?;
    }
    Ok(program)
}
