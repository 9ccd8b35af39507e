//! `cargo xtask bench vortex`, its second part: a question over all flights, to the segments of the hot tier, to SQLite
//! over rows and to `DuckDB` over its own table, in turn, one thread each.
//!
//! `analyze FLIGHTS.csv PYTHON PEER.py [ROUNDS]`

mod flight;
mod peers;
mod sqlite;

use std::{path::PathBuf, time::Instant};

use anyhow::{Context, Result, ensure};
use terrace::{count, hot::Maintenance, prelude::*};

use flight::Flight;
use peers::{DuckDb, Sqlite};

/// The question, as the peers get it.
const QUESTION: &str = "SELECT carrier, count(*), sum(distance), max(dep_delay) FROM flights \
                        WHERE dep_delay > 0 AND month BETWEEN 3 AND 10 GROUP BY carrier ORDER BY carrier";

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let mut next = || arguments.next().context("usage: analyze FLIGHTS.csv PYTHON PEER.py [ROUNDS]");
    let (flights, python, script) = (next()?, next()?, next()?);
    let rounds = arguments.next().map_or(Ok(15), |rounds| rounds.display().to_string().parse())?;
    let folder = tempfile::tempdir()?;
    let mut duckdb = DuckDb::start(&python, &script, &flights, QUESTION, &folder.path().join("duckdb"))?;
    let flights = flight::read(&flights)?;
    let sqlite = Sqlite::fill(&folder.path().join("sqlite"), &flights)?;
    let db = fill(&folder.path().join("terrace"), &flights)?;
    bench(&db, &sqlite, &mut duckdb, rounds)
}

/// A database of terrace whose documents are in segments, as far as the policy moves them.
fn fill(path: &std::path::Path, flights: &[Flight]) -> Result<Db> {
    let db = Db::open(path, collections![Flight])?;
    db.insert_all(flights)?;
    while db.maintain(Maintenance::default())?.more {}
    Ok(db)
}

fn bench(db: &Db, sqlite: &Sqlite, duckdb: &mut DuckDb, rounds: usize) -> Result<()> {
    let mut times: [Vec<f64>; 5] = Default::default();
    for _ in 0..rounds {
        let (ours, found) = timed(|| ask(db))?;
        let (theirs, rows) = timed(|| sqlite.ask(QUESTION))?;
        ensure!(found == rows, "SQLite found\n{rows}\nand terrace\n{found}");
        let (peer, rows) = duckdb.ask()?;
        ensure!(found == rows, "DuckDB found\n{rows}\nand terrace\n{found}");
        let (column, sum) = timed(|| Ok(db.analyze::<Flight>(|_| Filter::all()).sum(|f| f.distance)?))?;
        let (whole, expected) = timed(|| distance_of_documents(db))?;
        ensure!(sum == expected, "the documents have {expected}, the column {sum}");
        for (times, time) in times.iter_mut().zip([ours, theirs, peer, column, whole]) {
            times.push(time);
        }
    }
    let [ours, theirs, peer, column, whole] = times;
    println!("\nmedian ms of {rounds} rounds");
    for (name, times) in [
        ("the question: terrace", &ours),
        ("the question: SQLite", &theirs),
        ("the question: DuckDB", &peer),
        ("one column", &column),
        ("whole documents", &whole),
    ] {
        println!("{name:<24} {:>9.2}", median(times.clone()));
    }
    println!();
    for (name, ours, theirs) in [
        ("flights_one_column", &column, &whole),
        ("flights_analyze_sqlite", &ours, &theirs),
        ("flights_analyze_duckdb", &ours, &peer),
    ] {
        let ratios = ours.iter().zip(theirs).map(|(ours, theirs)| ours / theirs).collect();
        println!("ratio {name} {:.3}", median(ratios));
    }
    Ok(())
}

/// The question, by `analyze`; the answer as the peers write it.
fn ask(db: &Db) -> Result<String> {
    let found = db
        .analyze::<Flight>(|f| f.dep_delay.gt(0).and(f.month.between(3, 10)))
        .group_by(|f| f.carrier)
        .aggregate(|f| (count(), f.distance.sum(), f.dep_delay.max()))?;
    let rows: Vec<String> = found
        .iter()
        .map(|(carrier, (count, distance, delay))| {
            format!("{carrier},{count},{distance},{}", delay.unwrap_or(0))
        })
        .collect();
    Ok(rows.join("|"))
}

/// The same sum as that of the column, by reading every document.
fn distance_of_documents(db: &Db) -> Result<i64> {
    let mut sum = 0;
    db.all::<Flight>().each(|flight| {
        sum += i64::from(flight.distance);
        Ok(())
    })?;
    Ok(sum)
}

fn timed<R>(run: impl FnOnce() -> Result<R>) -> Result<(f64, R)> {
    let start = Instant::now();
    let result = run()?;
    Ok((start.elapsed().as_secs_f64() * 1e3, result))
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_unstable_by(f64::total_cmp);
    times[times.len() / 2]
}
