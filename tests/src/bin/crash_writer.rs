//! The process that the crash test kills: writes transactions without end, says after each that it is stored, and moves
//! documents into columns in between.
//!
//! `crash_writer DATABASE SEED`

use std::io::{self, Write};

use terrace::{hot::Maintenance, prelude::*};
use terrace_tests::{Random, crash::Entry};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(path), Some(seed)) = (arguments.next(), arguments.next()) else {
        return Err("crash_writer DATABASE SEED".into());
    };
    let db = Db::open(path, collections![Entry])?;
    let mut random = Random(seed.parse()?);
    let mut next = db.all::<Entry>().order_by(|e| e.id.desc()).first()?.map_or(0, |entry| entry.id + 1);
    loop {
        let size = if random.below(10) == 0 { 2_000 } else { 1 + random.below(3) };
        next = write(&db, &mut random, next, size)?;
        let mut out = io::stdout().lock();
        writeln!(out, "{} {next}", db.changes().head()?)?;
        out.flush()?;
        drop(out);
        if random.below(3) == 0 {
            db.maintain(Maintenance { documents: 700, ..Maintenance::default() })?;
        }
    }
}

/// One transaction: some new entries, one changed and one deleted; gives the next free id.
fn write(db: &Db, random: &mut Random, first: i64, size: u64) -> Result<i64, StorageError> {
    db.transaction(|db| {
        let end = first + i64::try_from(size).unwrap_or(1);
        for id in first..end {
            db.insert(&Entry {
                id,
                text: "x".repeat(usize::try_from(random.below(200)).unwrap_or(0)),
                count: 0,
            })?;
        }
        if first > 10 {
            let known = random.below(first.unsigned_abs()).cast_signed();
            db.find::<Entry>(|e| e.id.eq(known)).update(|e| e.count += 1)?;
            db.delete::<Entry>(known / 2)?;
        }
        Ok(end)
    })
}
