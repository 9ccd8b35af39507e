//! The programs that the bench runs: one a peer, built into the same folder as the bench itself.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, ensure};
use bench_common::{Report, Workload};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Peer {
    Terrace,
    Raw,
    Diesel,
    Sqlx,
    Seaorm,
    Toasty,
}

impl Peer {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Terrace => "terrace",
            Self::Raw => "raw",
            Self::Diesel => "diesel",
            Self::Sqlx => "sqlx",
            Self::Seaorm => "seaorm",
            Self::Toasty => "toasty",
        }
    }

    /// Runs a workload on a file.
    pub(crate) fn run(self, workload: Workload, file: &Path, seed: u64) -> Result<Report> {
        let bench = std::env::current_exe()?;
        let program = bench.with_file_name(self.name()).with_extension(std::env::consts::EXE_EXTENSION);
        let output = Command::new(&program)
            .arg(workload.name())
            .arg("--file")
            .arg(file)
            .args(["--seed", &seed.to_string()])
            .stderr(Stdio::inherit())
            .output()
            .with_context(|| {
                format!("cannot start {}: `cargo xtask bench hot` builds it", program.display())
            })?;
        ensure!(output.status.success(), "{} {} failed: {}", self.name(), workload.name(), output.status);
        serde_json::from_slice(&output.stdout).with_context(|| format!("{} printed no report", self.name()))
    }
}
