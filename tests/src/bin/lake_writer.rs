//! The process that the crash test of the lake kills, or that fills its disk: writes and syncs without end, compacts, expires and
//! removes orphans in between, and says after each sync up to where the lake holds the log.
//!
//! `lake_writer FOLDER SEED`, or `lake_writer FOLDER SEED until-full` to end with the first error, then to remove the file
//! `ballast` of the folder, and to do all of it once more.

use std::{
    error::Error,
    fs,
    io::{self, Write},
    path::Path,
    time::Duration,
};

use futures_executor::block_on;
use terrace::{
    cold::{Expiry, Lake},
    prelude::*,
};
use terrace_tests::{Random, audit::Item};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (Some(folder), Some(seed)) = (arguments.first(), arguments.get(1)) else {
        return Err("lake_writer FOLDER SEED [until-full]".into());
    };
    let folder = Path::new(folder);
    let mut random = Random(seed.parse()?);
    let Err(error) = work(folder, &mut random, u64::MAX) else { return Ok(()) };
    if arguments.len() < 3 {
        return Err(error);
    }
    println!("full: {error}");
    fs::remove_file(folder.join("ballast"))?;
    work(folder, &mut random, 3)
}

/// Writes and syncs so many times.
fn work(folder: &Path, random: &mut Random, rounds: u64) -> Result<(), Box<dyn Error>> {
    let db = Db::open(folder.join("object.db"), collections![Item])?;
    let lake = block_on(Lake::open(&folder.join("lake").display().to_string()))?;
    for _ in 0..rounds {
        write(&db, random)?;
        let synced = block_on(db.sync(&lake))?;
        let mut out = io::stdout().lock();
        writeln!(out, "{}", synced.watermark)?;
        out.flush()?;
        drop(out);
        match random.below(4) {
            0 => drop(block_on(lake.compact::<Item>())?),
            1 => drop(block_on(lake.expire::<Item>(Expiry { before: Timestamp::now(), keep: 3 }))?),
            // no other process writes, so what nothing refers to is left behind
            2 => drop(block_on(lake.remove_orphans("item", Duration::ZERO))?),
            _ => {}
        }
    }
    Ok(())
}

/// One transaction: a few documents are inserted, changed and deleted.
fn write(db: &Db, random: &mut Random) -> Result<(), StorageError> {
    db.transaction(|db| {
        for _ in 0..=random.below(20) {
            let id = random.below(500).cast_signed();
            let note = "x".repeat(usize::try_from(random.below(200)).unwrap_or(0));
            db.upsert(&Item { id, note })?;
        }
        db.delete::<Item>(random.below(500).cast_signed()).map(drop)
    })
}
