//! `cargo xtask bench lake`: the lake beside PyIceberg and the crate iceberg, in turn, one thread each.
//!
//! `bench-lake FLIGHTS.csv PYTHON PEER.py [ROUNDS]`

mod counted;
#[path = "../../analyze/src/flight.rs"]
mod flight;
mod peers;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use anyhow::{Context, Result, ensure};
use cap::Cap;
use terrace::{cold::Lake, prelude::*};

use counted::Counted;
use flight::Flight;
use peers::PyIceberg;

#[global_allocator]
static MEMORY: Cap<std::alloc::System> = Cap::new(std::alloc::System, usize::MAX);

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let mut next = || arguments.next().context("usage: bench-lake FLIGHTS.csv PYTHON PEER.py [ROUNDS]");
    let first = next()?;
    if first.as_os_str() == "compact" {
        return compact(&next()?);
    }
    let (csv, python, script) = (first, next()?, next()?);
    let rounds = arguments.next().map_or(Ok(7), |rounds| rounds.display().to_string().parse())?;
    let flights = flight::read(&csv)?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    runtime.block_on(async {
        times(&flights, &python, &script, rounds).await?;
        lookup(&flights).await?;
        puts(&flights).await?;
        compaction(&flights).await
    })
}

/// Syncs and scans of all flights.
async fn times(flights: &[Flight], python: &Path, script: &Path, rounds: usize) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let source = folder.path().join("source");
    Db::open(&source, collections![Flight])?.insert_all(flights)?;
    let mut pyiceberg = PyIceberg::start(python, script)?;
    let (_, kept) = ours(&source, folder.path())?;
    let lake = Lake::open(&kept.to_string_lossy()).await?;
    lake.compact::<Flight>().await?;
    let metadata = newest_metadata(&kept.join("flight/metadata"))?;
    let (batches, schema) = peers::scan(&metadata).await?;
    let mut times: [Vec<f64>; 5] = Default::default();
    for round in 0..rounds {
        println!("round {} of {rounds}", round + 1);
        let (sync, _) = ours(&source, folder.path())?;
        let append = tempfile::tempdir_in(folder.path())?;
        let (theirs, rows) = pyiceberg.append(&source, append.path())?;
        ensure!(rows == flights.len() as u64, "PyIceberg appended {rows} rows");
        let append = tempfile::tempdir_in(folder.path())?;
        let start = Instant::now();
        peers::append(append.path(), &schema, &batches).await?;
        let plain = milliseconds(start);
        let start = Instant::now();
        let mut rows = lake.find::<Flight>(|_| Filter::all()).batches().await?;
        let mut found = 0;
        while let Some(batch) = rows.next().await? {
            found += batch.num_rows();
        }
        let scan = milliseconds(start);
        let start = Instant::now();
        let (peer, _) = peers::scan(&metadata).await?;
        let peer_scan = milliseconds(start);
        let expected: usize = peer.iter().map(arrow_array::RecordBatch::num_rows).sum();
        ensure!(found == expected && found == flights.len(), "{found} rows, and {expected} by iceberg");
        for (times, time) in times.iter_mut().zip([sync, theirs, plain, scan, peer_scan]) {
            times.push(time);
        }
    }
    let [sync, theirs, plain, scan, peer_scan] = times;
    println!("\nmedian ms of {rounds} rounds");
    for (name, times) in [
        ("sync: terrace", &sync),
        ("append: PyIceberg", &theirs),
        ("append: iceberg", &plain),
        ("scan: terrace", &scan),
        ("scan: iceberg", &peer_scan),
    ] {
        println!("{name:<20} {:>9.1}", median(times.clone()));
    }
    println!();
    for (name, ours, theirs) in [
        ("sync_vs_pyiceberg", &sync, &theirs),
        ("sync_vs_iceberg_rs", &sync, &plain),
        ("scan_vs_iceberg_rs", &scan, &peer_scan),
    ] {
        let ratios = ours.iter().zip(theirs).map(|(ours, theirs)| ours / theirs).collect();
        println!("ratio {name} {:.3}", median(ratios));
    }
    Ok(())
}

/// Syncs a copy of a database to a new folder: the time from the log to the verified commit, and the folder.
fn ours(source: &Path, folder: &Path) -> Result<(f64, PathBuf)> {
    let folder = tempfile::tempdir_in(folder)?.keep();
    let copy = folder.join("copy.db");
    std::fs::copy(source, &copy)?;
    let db = Db::open(&copy, collections![Flight])?;
    let lake_folder = folder.join("lake");
    let lake = futures::executor::block_on(Lake::open(&lake_folder.to_string_lossy()))?;
    let start = Instant::now();
    let done = futures::executor::block_on(db.sync(&lake))?;
    let time = milliseconds(start);
    ensure!(done.events == 336_776, "{} events", done.events);
    Ok((time, lake_folder))
}

/// One document of a table of 100 files.
async fn lookup(flights: &[Flight]) -> Result<()> {
    let store = Arc::new(Counted::default());
    let lake = Lake::over(store.clone(), "memory://bench");
    let db = Db::open_in_memory(collections![Flight])?;
    for part in flights.chunks(flights.len().div_ceil(100)) {
        db.insert_all(part)?;
        db.sync(&lake).await?;
    }
    let (files, bytes) = store.data("flight_changes");
    let mut shares = Vec::new();
    for at in (0..100).map(|at| at * flights.len() / 100) {
        store.take();
        let found = lake.find::<Flight>(|f| f.id.eq(flights[at].id)).all().await?;
        ensure!(found.len() == 1, "{} flights have the id {}", found.len(), flights[at].id);
        #[allow(clippy::cast_precision_loss)]
        shares.push(store.take().read as f64 / bytes as f64);
    }
    println!("\n{files} files of {bytes} bytes");
    println!("ratio lookup_bytes {:.4}", median(shares));
    Ok(())
}

/// What a sync stores beside files of rows.
async fn puts(flights: &[Flight]) -> Result<()> {
    let store = Arc::new(Counted::default());
    let lake = Lake::over(store.clone(), "memory://bench");
    let db = Db::open_in_memory(collections![Flight])?;
    let mut most = 0;
    for (at, flight) in flights.iter().take(101).enumerate() {
        db.insert(flight)?;
        store.take();
        db.sync(&lake).await?;
        if at > 0 {
            most = most.max(store.take().puts);
        }
    }
    println!("ratio puts_per_sync {most}");
    Ok(())
}

/// The memory that the compaction of 1,000 small files takes at most, in a process of its own.
async fn compaction(flights: &[Flight]) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let lake = Lake::open(&folder.path().to_string_lossy()).await?;
    let db = Db::open_in_memory(collections![Flight])?;
    for (at, part) in flights.chunks(flights.len().div_ceil(1_000)).enumerate() {
        db.insert_all(part)?;
        db.sync(&lake).await?;
        if at % 100 == 99 {
            println!("{} files to compact", at + 1);
        }
    }
    let mut compact = std::process::Command::new(std::env::current_exe()?);
    let status = compact.arg("compact").arg(folder.path()).status()?;
    ensure!(status.success(), "the compaction failed: {status}");
    Ok(())
}

/// Compacts the lake in a folder, and prints how much memory that took at most.
fn compact(folder: &Path) -> Result<()> {
    let start = Instant::now();
    let done = futures::executor::block_on(async {
        let lake = Lake::open(&folder.to_string_lossy()).await?;
        lake.compact::<Flight>().await
    })?;
    println!("{} events in {} files, in {:.1} s", done.events, done.files_written, milliseconds(start) / 1e3);
    #[allow(clippy::cast_precision_loss)]
    let megabytes = MEMORY.max_allocated() as f64 / 1e6;
    println!("ratio compact_peak_mb {megabytes:.1}");
    Ok(())
}

/// The newest version of a table.
fn newest_metadata(folder: &Path) -> Result<String> {
    let number = std::fs::read_to_string(folder.join("version-hint.text"))?;
    Ok(folder.join(format!("v{}.metadata.json", number.trim())).display().to_string())
}

fn milliseconds(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1e3
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_unstable_by(f64::total_cmp);
    times[times.len() / 2]
}
