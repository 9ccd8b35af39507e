//! `cargo xtask bench vortex`: the columnar format beside Vortex and Parquet, on the same tables, in one run, one thread
//! each. Every figure is ours over theirs: less is better. `bench-vortex kinds` compares other kinds of data instead.

mod data;
mod kinds;
mod measure;
mod ours;
mod parquet;
mod peer;

use std::path::PathBuf;

use ::parquet::basic::{Compression, ZstdLevel};
use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use terrace::vortex::Profile;

use data::Table;
use measure::Rounds;
use peer::Vortex;

/// The rows of lineitem.
const ROWS: usize = 1_000_000;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let first = arguments.next().context("which file are the flights in? flights.csv.gz")?;
    let rounds = arguments.next().map_or(Ok(9), |rounds| rounds.parse())?;
    if first == "kinds" {
        return kinds::bench(rounds);
    }
    let flights = PathBuf::from(first);
    let mut ratios = Vec::new();
    for table in [data::flights(&flights)?, data::lineitem(ROWS)?] {
        ratios.extend(bench(&table, rounds)?);
    }
    println!();
    for (name, value) in ratios {
        println!("ratio {name} {value:.3}");
    }
    Ok(())
}

/// A format: how it writes a table and reads it back.
struct Format<'a> {
    name: &'static str,
    write: Box<dyn Fn() -> Result<Vec<u8>> + 'a>,
    read: Box<dyn Fn(&Bytes) -> Result<usize> + 'a>,
}

fn formats<'a>(table: &'a Table, vortex: &'a Vortex) -> Vec<Format<'a>> {
    let ours = |name, profile| Format {
        name,
        write: Box::new(move || ours::write(table, profile)),
        read: Box::new(|bytes| ours::read(bytes)),
    };
    let parquet = |name, compression| Format {
        name,
        write: Box::new(move || parquet::write(table, compression)),
        read: Box::new(parquet::read),
    };
    let peer = |name, compact| Format {
        name,
        write: Box::new(move || vortex.write(table, compact)),
        read: Box::new(|bytes| vortex.read(bytes)),
    };
    vec![
        ours("fast", Profile::Fast),
        ours("compact", Profile::Compact),
        peer("vortex", false),
        peer("vortex_compact", true),
        parquet("parquet_zstd", Compression::ZSTD(ZstdLevel::default())),
        parquet("parquet_lz4", Compression::LZ4_RAW),
    ]
}

/// Measures all formats in turn, round by round; gives the figures of the table.
fn bench(table: &Table, rounds: usize) -> Result<Vec<(String, f64)>> {
    let vortex = Vortex::new();
    let formats = formats(table, &vortex);
    let rows: usize = table.batches.iter().map(arrow_array::RecordBatch::num_rows).sum();
    let files: Vec<Bytes> =
        formats.iter().map(|format| (format.write)().map(Bytes::from)).collect::<Result<_>>()?;
    let (mut writes, mut reads) = (Rounds::new(formats.len()), Rounds::new(formats.len()));
    for _ in 0..rounds {
        for (at, (format, file)) in formats.iter().zip(&files).enumerate() {
            writes.time(at, || (format.write)().map(drop))?;
            for _ in 0..3 {
                let read = reads.time(at, || (format.read)(file))?;
                ensure!(read == rows, "{} read {read} rows of {rows}", format.name);
            }
        }
    }
    println!("\n{:<10} {:<16} {:>12} {:>12} {:>12}", table.name, "format", "bytes", "write ms", "read ms");
    for (at, (format, file)) in formats.iter().zip(&files).enumerate() {
        let (write, read) = (writes.median(at), reads.median(at));
        println!("{:<10} {:<16} {:>12} {write:>12.1} {read:>12.1}", "", format.name, file.len());
    }
    let at = |name| formats.iter().position(|format| format.name == name).unwrap_or_default();
    let size = |ours, theirs| measure::ratio(files[at(ours)].len(), files[at(theirs)].len());
    Ok([
        ("fast_size", size("fast", "vortex")),
        ("fast_decode", reads.over(at("fast"), at("vortex"))),
        ("fast_encode", writes.over(at("fast"), at("parquet_zstd"))),
        ("compact_size", size("compact", "vortex_compact")),
        ("compact_decode", reads.over(at("compact"), at("parquet_zstd"))),
    ]
    .map(|(name, value)| (format!("{}_{name}", table.name), value))
    .into())
}
