//! The flights as rows of a plain table of SQLite.

use std::path::Path;

use anyhow::Result;
use rusqlite::{Connection, params};

use crate::flight::Flight;

pub(crate) fn fill(path: &Path, flights: &[Flight]) -> Result<Connection> {
    let mut db = Connection::open(path)?;
    db.execute_batch(
        "PRAGMA journal_mode = WAL; CREATE TABLE flights (id INTEGER PRIMARY KEY, year INTEGER NOT NULL, \
         month INTEGER NOT NULL, day INTEGER NOT NULL, dep_time INTEGER, sched_dep_time INTEGER NOT NULL, \
         dep_delay INTEGER, arr_time INTEGER, sched_arr_time INTEGER NOT NULL, arr_delay INTEGER, \
         carrier TEXT NOT NULL, flight INTEGER NOT NULL, tailnum TEXT, origin TEXT NOT NULL, dest TEXT NOT NULL, \
         air_time INTEGER, distance INTEGER NOT NULL, hour INTEGER NOT NULL, minute INTEGER NOT NULL, \
         time_hour INTEGER NOT NULL) STRICT",
    )?;
    let transaction = db.transaction()?;
    {
        let sql = "INSERT INTO flights VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        let mut insert = transaction.prepare(sql)?;
        for f in flights {
            insert.execute(params![
                f.id,
                f.year,
                f.month,
                f.day,
                f.dep_time,
                f.sched_dep_time,
                f.dep_delay,
                f.arr_time,
                f.sched_arr_time,
                f.arr_delay,
                f.carrier,
                f.flight,
                f.tailnum,
                f.origin,
                f.dest,
                f.air_time,
                f.distance,
                f.hour,
                f.minute,
                f.time_hour.micros(),
            ])?;
        }
    }
    transaction.commit()?;
    Ok(db)
}
