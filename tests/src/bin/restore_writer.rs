//! The process that the crash test of restores kills: goes back to one of the database's snapshots after the other without end,
//! writes in between, and says before each which one it is.
//!
//! `restore_writer DATABASE SEED`

use std::io::{self, Write};

use terrace::{hot::Maintenance, prelude::*};
use terrace_tests::{Random, crash::Entry};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(path), Some(seed)) = (arguments.next(), arguments.next()) else {
        return Err("restore_writer DATABASE SEED".into());
    };
    let db = Db::open(path, collections![Entry])?;
    let mut random = Random(seed.parse()?);
    let snapshots = db.snapshots().list()?;
    loop {
        let at = usize::try_from(random.below(snapshots.len() as u64))?;
        let mut out = io::stdout().lock();
        writeln!(out, "{}", snapshots[at].id)?;
        out.flush()?;
        drop(out);
        db.snapshots().restore(snapshots[at].id)?;
        if random.below(3) == 0 {
            db.maintain(Maintenance::default())?;
        }
    }
}
