//! The database files: made once, copied for each job.

use std::{fs, path::PathBuf};

use anyhow::Result;
use bench_common::{Report, Workload};
use tempfile::TempDir;

use crate::peer::Peer;

/// A folder with a file for each state that a workload starts from. terrace has its own; all the others share those
/// of rusqlite, so that they begin with the very same bytes.
pub(crate) struct Files {
    folder: TempDir,
    seed: u64,
}

impl Files {
    pub(crate) fn make(seed: u64) -> Result<Self> {
        let files = Self { folder: tempfile::tempdir()?, seed };
        for peer in [Peer::Terrace, Peer::Raw] {
            for fill in [Workload::Create, Workload::Fill, Workload::FillIndexed] {
                eprintln!("{} by {}", fill.name(), peer.name());
                let file = files.template(peer, fill);
                peer.run(Workload::Create, &file, seed)?;
                if fill != Workload::Create {
                    peer.run(fill, &file, seed)?;
                }
            }
        }
        Ok(files)
    }

    fn template(&self, peer: Peer, fill: Workload) -> PathBuf {
        self.folder.path().join(format!("{}.{}.db", peer.name(), fill.name()))
    }

    /// Runs a workload on a fresh file; gives its report, and what is stored afterwards.
    pub(crate) fn run(&self, workload: Workload, peer: Peer) -> Result<(Report, Option<u64>)> {
        let folder = tempfile::tempdir_in(self.folder.path())?;
        let file = folder.path().join("bench.db");
        let template = match peer {
            Peer::Terrace => Peer::Terrace,
            _ => Peer::Raw,
        };
        fs::copy(self.template(template, start(workload)), &file)?;
        // else the peer's first checkpoint would wait for the copy
        fs::File::open(&file)?.sync_all()?;
        let report = peer.run(workload, &file, self.seed)?;
        let stored = match workload {
            Workload::RowsOne | Workload::RowsBulk => None,
            _ => Some(Peer::Raw.run(Workload::Check, &file, self.seed)?.digest),
        };
        Ok((report, stored))
    }
}

/// What has to be in the file before the workload.
fn start(workload: Workload) -> Workload {
    match workload {
        Workload::Update | Workload::Get => Workload::Fill,
        Workload::Find => Workload::FillIndexed,
        _ => Workload::Create,
    }
}
