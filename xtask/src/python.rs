//! Python environments under the target folder.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use crate::run::{command, exists, step};

/// The Python of the environment in `folder`, with the packages of a file of exact versions; none where there is no Python. It
/// is made anew when the file has changed.
pub(crate) fn environment(requirements: &Path, folder: &Path) -> Result<Option<PathBuf>> {
    if !exists("python3 --version") {
        return Ok(None);
    }
    let wanted = fs::read(requirements).with_context(|| requirements.display().to_string())?;
    let installed = folder.join("installed.txt");
    let python = folder.join("bin/python");
    if !fs::read(&installed).is_ok_and(|found| found == wanted) {
        install(requirements, folder, &python)?;
        fs::write(&installed, wanted)?;
    }
    Ok(Some(python))
}

fn install(requirements: &Path, folder: &Path, python: &Path) -> Result<()> {
    let mut make = command("python3 -m venv --clear");
    make.arg(folder);
    step("python", make)?;
    let mut install = Command::new(python);
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]);
    install.arg(requirements);
    step("python packages", install)
}
