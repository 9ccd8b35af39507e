//! `terrace`: looks into the files of terrace.

mod db;
mod export;
mod inspect;
mod show;

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};

/// Looks into the files of terrace: databases and VRTX.
#[derive(Debug, Parser)]
#[command(version)]
enum Terrace {
    /// Files of VRTX, the columnar format.
    #[command(subcommand)]
    Vrtx(Vrtx),
    /// Databases of the hot tier.
    #[command(subcommand)]
    Db(Database),
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

fn main() -> ExitCode {
    let done = match Terrace::parse() {
        Terrace::Vrtx(Vrtx::Inspect { file }) => inspect::run(&file),
        Terrace::Vrtx(Vrtx::Export { file, format, output }) => export::run(&file, format, output),
        Terrace::Db(Database::Stat { file }) => db::stat(&file),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
