//! `cargo xtask bench snapshot`: snapshots of all flights and the way back to them, beside the backup API of SQLite over a
//! plain table of the same flights, in turn, one thread each.
//!
//! `snapshot FLIGHTS.csv [ROUNDS]`

#[path = "../../analyze/src/flight.rs"]
mod flight;
#[path = "../../analyze/src/sqlite.rs"]
mod sqlite;

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Context, Result, ensure};
use rusqlite::{Connection, backup::Backup};
use terrace::{
    hot::Maintenance,
    prelude::*,
    snapshots::{
        SnapshotKind::{self, Full, Incremental},
        SnapshotMetadata,
    },
};

use flight::Flight;

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let flights = arguments.next().context("usage: snapshot FLIGHTS.csv [ROUNDS]")?;
    let rounds = arguments.next().map_or(Ok(11), |rounds| rounds.display().to_string().parse())?;
    let folder = tempfile::tempdir()?;
    let places = Places::fill(folder.path(), &flight::read(&flights)?)?;
    let mut measured = Vec::new();
    for round in 0..rounds {
        measured.push(places.round(round)?);
    }
    report(&measured);
    Ok(())
}

/// The same flights in each.
struct Places {
    /// In segments.
    columns: Db,
    /// All rows are rows.
    rows: Db,
    /// A plain table.
    plain: Connection,
    /// Where it is copied to.
    backup: PathBuf,
    flights: i64,
}

/// What a round has measured: milliseconds and kB.
#[derive(Default)]
struct Round {
    backup: f64,
    backup_restore: f64,
    backup_kb: f64,
    full: f64,
    full_kb: f64,
    restore: f64,
    rows: f64,
    rows_restore: f64,
    incremental: f64,
}

impl Places {
    fn fill(folder: &Path, flights: &[Flight]) -> Result<Self> {
        let open = |name: &str| -> Result<Db> {
            let db = Db::open(folder.join(name), collections![Flight])?;
            db.insert_all(flights)?;
            Ok(db)
        };
        let columns = open("columns")?;
        while columns.maintain(Maintenance::default())?.more {}
        Ok(Self {
            columns,
            rows: open("rows")?,
            plain: sqlite::fill(&folder.join("plain"), flights)?,
            backup: folder.join("backup"),
            flights: i64::try_from(flights.len())?,
        })
    }

    fn round(&self, round: i64) -> Result<Round> {
        let (backup, ()) = timed(|| self.back_up())?;
        let (full, snapshot) = timed(|| create(&self.columns, Full))?;
        let (rows, of_rows) = timed(|| create(&self.rows, Full))?;
        let (backup_restore, ()) = timed(|| self.put_back())?;
        let (rows_restore, _) = timed(|| Ok(self.rows.snapshots().restore(of_rows.id)?))?;
        self.change(round)?;
        let (incremental, built) = timed(|| create(&self.columns, Incremental))?;
        ensure!(built.kind == Incremental, "the incremental snapshot is a full one");
        let (restore, restored) = timed(|| Ok(self.columns.snapshots().restore(snapshot.id)?))?;
        ensure!(i64::try_from(restored.documents)? == self.flights, "{restored:?}");
        for (db, id) in [(&self.columns, built.id), (&self.columns, snapshot.id), (&self.rows, of_rows.id)] {
            db.snapshots().delete(id)?;
        }
        Ok(Round {
            backup,
            backup_restore,
            backup_kb: kilobytes(std::fs::metadata(&self.backup)?.len())?,
            full,
            full_kb: kilobytes(snapshot.bytes)?,
            restore,
            rows,
            rows_restore,
            incremental,
        })
    }

    fn back_up(&self) -> Result<()> {
        if self.backup.exists() {
            std::fs::remove_file(&self.backup)?;
        }
        let mut to = Connection::open(&self.backup)?;
        Ok(Backup::new(&self.plain, &mut to)?.step(-1).map(drop)?)
    }

    fn put_back(&self) -> Result<()> {
        let path = self.plain.path().context("the plain table has no file")?;
        let (from, mut to) = (Connection::open(&self.backup)?, Connection::open(path)?);
        Ok(Backup::new(&from, &mut to)?.step(-1).map(drop)?)
    }

    /// Changes one flight in a hundred.
    fn change(&self, round: i64) -> Result<()> {
        Ok(self.columns.transaction(|db| {
            for id in (round % 100..self.flights).step_by(100) {
                db.update::<Flight>(id, |flight| flight.distance += 1)?;
            }
            Ok(())
        })?)
    }
}

fn create(db: &Db, kind: SnapshotKind) -> Result<SnapshotMetadata> {
    Ok(db.snapshots().create(kind)?)
}

fn report(measured: &[Round]) {
    type Of = fn(&Round) -> f64;
    let times: [(&str, Of); 8] = [
        ("backup by SQLite", |of| of.backup),
        ("and back", |of| of.backup_restore),
        ("full, of segments", |of| of.full),
        ("and back", |of| of.restore),
        ("full, of rows", |of| of.rows),
        ("and back", |of| of.rows_restore),
        ("incremental, of 1 %", |of| of.incremental),
        ("kB of a full one", |of| of.full_kb),
    ];
    println!("\nmedian ms of {} rounds", measured.len());
    for (name, of) in times {
        println!("{name:<24} {:>9.2}", median(measured, of));
    }
    println!();
    let ratios: [(&str, Of); 6] = [
        ("snapshot_full_time", |of| of.full / of.backup),
        ("snapshot_rows_time", |of| of.rows / of.backup),
        ("snapshot_full_size", |of| of.full_kb / of.backup_kb),
        ("restore_time", |of| of.restore / of.backup_restore),
        ("restore_rows_time", |of| of.rows_restore / of.backup_restore),
        ("snapshot_incremental", |of| of.incremental / of.full),
    ];
    for (name, of) in ratios {
        println!("ratio {name} {:.3}", median(measured, of));
    }
}

fn kilobytes(bytes: u64) -> Result<f64> {
    Ok(f64::from(u32::try_from(bytes)?) / 1e3)
}

fn median(measured: &[Round], of: fn(&Round) -> f64) -> f64 {
    let mut values: Vec<f64> = measured.iter().map(of).collect();
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}

fn timed<R>(run: impl FnOnce() -> Result<R>) -> Result<(f64, R)> {
    let start = Instant::now();
    let result = run()?;
    Ok((start.elapsed().as_secs_f64() * 1e3, result))
}
