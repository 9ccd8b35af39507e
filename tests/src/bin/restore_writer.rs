//! The process that the crash test of restores kills: goes back to one of the database's snapshots after the other without end,
//! writes in between, and says before each which one it is. Those that a lake has are fetched from there.
//!
//! `restore_writer DATABASE LAKE SEED`

use std::{
    collections::BTreeSet,
    io::{self, Write},
};

use futures_executor::block_on;
use terrace::{cold::Lake, hot::Maintenance, prelude::*, snapshots::SnapshotId};
use terrace_tests::{Random, crash::Entry};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(path), Some(lake), Some(seed)) = (arguments.next(), arguments.next(), arguments.next()) else {
        return Err("restore_writer DATABASE LAKE SEED".into());
    };
    let db = Db::open(path, collections![Entry])?;
    let mut random = Random(seed.parse()?);
    let archive = block_on(Lake::open(&lake))?.archive("entries");
    let archived = block_on(archive.list(db.object_id()))?.into_iter().map(|snapshot| snapshot.id);
    let archived: BTreeSet<SnapshotId> = archived.collect();
    let here = db.snapshots().list()?.into_iter().map(|snapshot| snapshot.id);
    let all: Vec<SnapshotId> = here.chain(archived.iter().copied()).collect();
    loop {
        let id = all[usize::try_from(random.below(all.len() as u64))?];
        let mut out = io::stdout().lock();
        writeln!(out, "{id}")?;
        out.flush()?;
        drop(out);
        if archived.contains(&id) {
            if db.snapshots().inspect(id).is_ok() {
                db.snapshots().delete(id)?;
            }
            block_on(archive.restore(&db, db.object_id(), id))?;
        } else {
            db.snapshots().restore(id)?;
        }
        if random.below(3) == 0 {
            db.maintain(Maintenance::default())?;
        }
    }
}
