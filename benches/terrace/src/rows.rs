//! How many rows are written a mutation over its whole life: its own, its event's, and what acknowledging and pruning
//! the event write. Counted, not reckoned: a trigger on each table, the log's own included, counts every row that is
//! inserted, updated or deleted, and one more for each index of its table.

use anyhow::{Context, Result};
use bench_common::{Clock, Job, Report};
use rusqlite::{Connection, version};
use terrace::prelude::*;

use crate::Sale;

const MUTATIONS: usize = 10_000;
/// The consumer acknowledges, and the log is pruned, after so many.
const BATCH: usize = 1_000;

/// 10,000 mutations, so many a transaction: half are inserts, the others updates and deletes.
pub(crate) fn written(db: &Db, job: &Job, sales: &[Sale], transaction: usize) -> Result<Report> {
    let counter = Connection::open(&job.file)?;
    let consumer = db.changes().register("bench")?;
    count_from_here(&counter)?;
    let clock = Clock::start();
    for batch in (0..MUTATIONS).step_by(BATCH) {
        for first in (batch..batch + BATCH).step_by(transaction) {
            db.transaction(|db| (first..first + transaction).try_for_each(|at| mutate(db, sales, at)))?;
        }
        let last = consumer.events()?.last().context("no event")??;
        consumer.acknowledge(last.sequence)?;
        db.changes().prune(Retention { keep: 0, cap: None })?;
    }
    let elapsed = clock.stop();
    let rows: i64 = counter.query_row("SELECT rows FROM bench_count", [], |row| row.get(0))?;
    let mut report = elapsed.wrote(version(), usize::try_from(rows)?);
    report.digest = MUTATIONS as u64;
    Ok(report)
}

/// Of each four mutations two insert, one updates the first of these, and one deletes the second.
fn mutate(db: &Db, sales: &[Sale], at: usize) -> Result<(), StorageError> {
    let pair = at / 4 * 2;
    match at % 4 {
        insert @ (0 | 1) => db.insert(&sales[pair + insert]),
        2 => db.update(sales[pair].id, |sale: &mut Sale| sale.total += 1).map(drop),
        _ => db.delete(sales[pair + 1].id).map(drop),
    }
}

fn count_from_here(counter: &Connection) -> Result<()> {
    counter.execute_batch("CREATE TABLE bench_count (rows INTEGER); INSERT INTO bench_count VALUES (0)")?;
    let sql = "SELECT name, (SELECT count(*) FROM pragma_index_list(t.name) i \
               WHERE i.origin <> 'pk' OR NOT (SELECT wr FROM pragma_table_list(t.name))) \
               FROM sqlite_master t WHERE type = 'table' AND name <> 'bench_count'";
    let mut tables = counter.prepare(sql)?;
    let tables = tables.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)))?;
    for table in tables.collect::<rusqlite::Result<Vec<_>>>()? {
        let (name, indexes) = table;
        for event in ["INSERT", "UPDATE", "DELETE"] {
            counter.execute_batch(&format!(
                "CREATE TRIGGER \"bench {event} {name}\" AFTER {event} ON \"{name}\" \
                 BEGIN UPDATE bench_count SET rows = rows + {}; END",
                1 + indexes
            ))?;
        }
    }
    Ok(())
}
