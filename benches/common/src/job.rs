//! What the driver asks of a peer, and what a peer answers.

use std::{path::PathBuf, time::Instant};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use crate::{Digest, Sale, data::pick_ids};

/// The tables, as terrace makes them.
pub const DDL: &str = r#"CREATE TABLE "sale" ("id" BLOB NOT NULL, "customer" INTEGER NOT NULL, "status" TEXT NOT NULL, "total" INTEGER NOT NULL, "weight" REAL NOT NULL, "remark" TEXT, "email" TEXT NOT NULL, "placed" INTEGER NOT NULL, PRIMARY KEY ("id")) STRICT, WITHOUT ROWID"#;
/// The same with an index on `customer`.
pub const DDL_INDEXED: &str = r#"CREATE TABLE "indexed_sale" ("id" BLOB NOT NULL, "customer" INTEGER NOT NULL, "status" TEXT NOT NULL, "total" INTEGER NOT NULL, "weight" REAL NOT NULL, "remark" TEXT, "email" TEXT NOT NULL, "placed" INTEGER NOT NULL, PRIMARY KEY ("id")) STRICT, WITHOUT ROWID;
CREATE INDEX "indexed_sale(customer)" ON "indexed_sale" ("customer")"#;
/// Where those who keep no log write their events by hand.
pub const DDL_OUTBOX: &str =
    r#"CREATE TABLE "outbox" ("id" INTEGER PRIMARY KEY, "payload" TEXT NOT NULL) STRICT"#;

/// One thing that a peer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Workload {
    /// Makes the empty tables.
    Create,
    /// Fills `sale`, for the workloads that start from it.
    Fill,
    /// Fills `indexed_sale`.
    FillIndexed,
    /// Every document in one transaction.
    InsertAll,
    /// A transaction a document.
    InsertOne,
    /// A transaction a document, with a JSON row in `outbox`.
    InsertOneOutbox,
    /// Reads documents by id and writes two of their columns, in one transaction.
    Update,
    /// Documents by id.
    Get,
    /// The 1,000 documents of a customer, by an index.
    Find,
    /// Rows written a mutation, one mutation a transaction.
    RowsOne,
    /// Rows written a mutation, 1,000 a transaction.
    RowsBulk,
    /// The digest of `sale`, and the number of rows of `outbox`.
    Check,
}

impl Workload {
    const ALL: [Self; 12] = [
        Self::Create,
        Self::Fill,
        Self::FillIndexed,
        Self::InsertAll,
        Self::InsertOne,
        Self::InsertOneOutbox,
        Self::Update,
        Self::Get,
        Self::Find,
        Self::RowsOne,
        Self::RowsBulk,
        Self::Check,
    ];

    /// Its name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Fill => "fill",
            Self::FillIndexed => "fill_indexed",
            Self::InsertAll => "insert_all",
            Self::InsertOne => "insert_one",
            Self::InsertOneOutbox => "insert_one_outbox",
            Self::Update => "update",
            Self::Get => "get",
            Self::Find => "find_1000",
            Self::RowsOne => "rows_written_one",
            Self::RowsBulk => "rows_written_bulk",
            Self::Check => "check",
        }
    }

    fn named(name: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|workload| workload.name() == name);
        found.with_context(|| format!("there is no workload `{name}`"))
    }
}

/// A workload with its file and its data.
#[derive(Clone, Debug)]
pub struct Job {
    pub workload: Workload,
    pub file: PathBuf,
    pub seed: u64,
}

impl Job {
    fn from_arguments() -> Result<Self> {
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            [workload, "--file", file, "--seed", seed] => {
                Ok(Self { workload: Workload::named(workload)?, file: file.into(), seed: seed.parse()? })
            }
            _ => bail!("usage: WORKLOAD --file FILE --seed NUMBER"),
        }
    }

    /// The documents that the workload is about: all that are stored before or after it.
    #[must_use]
    pub fn sales(&self) -> Vec<Sale> {
        Sale::many(self.seed, if self.is_one_by_one() { 5_000 } else { 200_000 })
    }

    fn is_one_by_one(&self) -> bool {
        matches!(self.workload, Workload::InsertOne | Workload::InsertOneOutbox)
    }

    /// The ids that the workload asks for, in their order.
    #[must_use]
    pub fn ids(&self) -> Vec<uuid::Uuid> {
        let count = if self.workload == Workload::Update { 10_000 } else { 20_000 };
        pick_ids(self.seed, &self.sales(), count)
    }

    /// The customers that the workload asks for.
    #[must_use]
    pub fn customers(&self) -> Vec<i64> {
        (1_000..1_200).step_by(4).collect()
    }
}

/// What a peer says of a job.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    /// The version of SQLite that the peer is linked with.
    pub sqlite: String,
    pub nanoseconds: u64,
    /// How many documents it wrote or read; of the workloads that count rows, the rows.
    pub rows: u64,
    /// The sum of the digests of what it read.
    pub digest: u64,
}

/// Runs from the start of the work to its end: what comes before and after it is not counted.
#[derive(Debug)]
pub struct Clock(Instant);

/// How long the work took.
#[derive(Clone, Copy, Debug)]
pub struct Elapsed(u64);

impl Clock {
    #[must_use]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    #[must_use]
    pub fn stop(self) -> Elapsed {
        Elapsed(u64::try_from(self.0.elapsed().as_nanos()).unwrap_or(u64::MAX))
    }
}

impl Elapsed {
    /// What was written.
    #[must_use]
    pub fn wrote(self, sqlite: impl Into<String>, rows: usize) -> Report {
        Report { sqlite: sqlite.into(), nanoseconds: self.0, rows: rows as u64, digest: 0 }
    }

    /// What was read.
    #[must_use]
    pub fn read<'a, S: Digest + 'a>(
        self,
        sqlite: impl Into<String>,
        documents: impl IntoIterator<Item = &'a S>,
    ) -> Report {
        let mut report = self.wrote(sqlite, 0);
        for document in documents {
            report.rows += 1;
            report.digest = report.digest.wrapping_add(document.digest());
        }
        report
    }
}

/// The `main` of a peer: reads the job, does it, prints the report.
///
/// # Errors
/// Those of `work`.
pub fn run(work: impl FnOnce(&Job) -> Result<Report>) -> Result<()> {
    let job = Job::from_arguments()?;
    let report = work(&job).with_context(|| format!("{} on {}", job.workload.name(), job.file.display()))?;
    println!("{}", serde_json::to_string(&report)?);
    Ok(())
}
