//! `terrace`: looks into the files of terrace, and keeps lakes.

mod db;
mod export;
mod inspect;
mod lake;
mod show;
mod snapshot;

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};

/// Looks into the files of terrace, databases and VRTX, and keeps lakes.
#[derive(Debug, Parser)]
#[command(version)]
enum Terrace {
    /// Files of VRTX, the columnar format.
    #[command(subcommand)]
    Vrtx(Vrtx),
    /// Databases of the hot tier.
    #[command(subcommand)]
    Db(Database),
    /// Snapshots inside of a database.
    #[command(subcommand)]
    Snapshot(Snapshot),
    /// Lakes: tables of Iceberg in a folder or a store that speaks S3.
    #[command(subcommand)]
    Lake(OfLake),
}

#[derive(Debug, Subcommand)]
enum Vrtx {
    /// Shows the columns of a file: types, sizes, encodings and between what their values are.
    Inspect {
        /// The file.
        file: PathBuf,
    },
    /// Writes the rows of a file in another format.
    Export {
        /// The file.
        file: PathBuf,
        #[command(flatten)]
        format: Format,
        /// Where to; otherwise CSV and JSON go to the output, and Parquet beside the file.
        #[arg(long, short)]
        output: Option<PathBuf>,
    },
}

#[derive(Args, Clone, Copy, Debug)]
#[group(required = true, multiple = false)]
struct Format {
    /// Apache Parquet, compressed by zstd.
    #[arg(long)]
    parquet: bool,
    /// CSV with the columns' names in the first line.
    #[arg(long)]
    csv: bool,
    /// JSON, an object a line.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Database {
    /// Shows what a database holds: its collections, indexes and log, and the bytes of each.
    Stat {
        /// The file.
        file: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
enum Snapshot {
    /// Shows the snapshots, the oldest first: when, of what kind, documents, bytes.
    Ls {
        /// The database.
        file: PathBuf,
    },
    /// Takes a snapshot of every collection.
    Create {
        /// The database.
        file: PathBuf,
        /// What has happened since the newest one, where that can be built on.
        #[arg(long)]
        incremental: bool,
    },
    /// Reads a snapshot to the last document, and those that it builds on; all, where none is named.
    Verify {
        /// The database.
        file: PathBuf,
        /// The snapshot: its name, or how that begins.
        snapshot: Option<String>,
    },
    /// Takes the database back to a snapshot, or to a moment. A new lineage begins then.
    Restore {
        /// The database.
        file: PathBuf,
        /// The snapshot: its name, or how that begins.
        #[arg(required_unless_present = "to", conflicts_with = "to")]
        snapshot: Option<String>,
        /// The moment, as `2026-11-27T09:30:00Z`: from the newest snapshot before it, and the log.
        #[arg(long)]
        to: Option<terrace::Timestamp>,
        /// Only this collection.
        #[arg(long, conflicts_with_all = ["to", "into"])]
        collection: Option<String>,
        /// Another database, which gets what the snapshot holds; this one stays as it is.
        #[arg(long, conflicts_with = "to")]
        into: Option<PathBuf>,
    },
    /// Shows the documents and fields that are different in two snapshots.
    Diff {
        /// The database.
        file: PathBuf,
        /// The first snapshot.
        before: String,
        /// The second one.
        after: String,
        /// As JSON, a document a line.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
enum OfLake {
    /// Shows the tables: rows, files, bytes, snapshots.
    Ls {
        /// The lake: `file:///folder`, a path, or `s3://bucket/prefix`.
        url: String,
    },
    /// Shows the snapshots of a table, the newest first; of all tables, where none is named.
    History {
        /// The lake.
        url: String,
        /// The table.
        table: Option<String>,
    },
    /// Shows the columns of a table: ids, types, partition; of all tables, where none is named.
    Schema {
        /// The lake.
        url: String,
        /// The table.
        table: Option<String>,
    },
    /// Brings the state table of a collection up to its changelog, and merges small files; of all, where none is named.
    Compact {
        /// The lake.
        url: String,
        /// The collection.
        collection: Option<String>,
    },
    /// Forgets old snapshots, and removes files that nothing refers to then. Documents and events stay.
    Expire {
        /// The lake.
        url: String,
        /// The collection; all, where none is named.
        collection: Option<String>,
        /// What is younger stays: as `7d`, `36h`, `30m`.
        #[arg(long, default_value = "7d", value_parser = humantime::parse_duration)]
        older_than: std::time::Duration,
        /// How many snapshots of each table stay, whatever their age.
        #[arg(long, default_value_t = 1)]
        keep: usize,
    },
}

fn main() -> ExitCode {
    let done = match Terrace::parse() {
        Terrace::Vrtx(Vrtx::Inspect { file }) => inspect::run(&file),
        Terrace::Vrtx(Vrtx::Export { file, format, output }) => export::run(&file, format, output),
        Terrace::Db(Database::Stat { file }) => db::stat(&file),
        Terrace::Snapshot(Snapshot::Ls { file }) => snapshot::ls(&file),
        Terrace::Snapshot(Snapshot::Create { file, incremental }) => snapshot::create(&file, incremental),
        Terrace::Snapshot(Snapshot::Verify { file, snapshot }) => {
            snapshot::verify(&file, snapshot.as_deref())
        }
        Terrace::Snapshot(Snapshot::Restore { file, to: Some(time), .. }) => {
            snapshot::restore_to(&file, time)
        }
        Terrace::Snapshot(Snapshot::Restore { file, snapshot, collection, into, to: None }) => {
            snapshot::restore(&file, &snapshot.unwrap_or_default(), collection.as_deref(), into.as_deref())
        }
        Terrace::Snapshot(Snapshot::Diff { file, before, after, json }) => {
            snapshot::diff(&file, &before, &after, json)
        }
        Terrace::Lake(OfLake::Ls { url }) => lake::ls(&url),
        Terrace::Lake(OfLake::History { url, table }) => lake::history(&url, table.as_deref()),
        Terrace::Lake(OfLake::Schema { url, table }) => lake::schema(&url, table.as_deref()),
        Terrace::Lake(OfLake::Compact { url, collection }) => lake::compact(&url, collection.as_deref()),
        Terrace::Lake(OfLake::Expire { url, collection, older_than, keep }) => {
            lake::expire(&url, collection.as_deref(), older_than, keep)
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
