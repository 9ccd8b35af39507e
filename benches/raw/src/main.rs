//! rusqlite with prepared statements: the same data written in the same way, without any log. It also fills the files
//! from which the workloads of the peers without a log start, and checks what everyone wrote.

use anyhow::{Context, Result};
use bench_common::{Clock, DDL, DDL_INDEXED, DDL_OUTBOX, Digest, Job, Report, Sale, Status, Workload, run};
use rusqlite::{CachedStatement, Connection, Row, params, types::Type, version};

const INSERT: &str = "INSERT INTO \"sale\" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
const INSERT_INDEXED: &str = "INSERT INTO \"indexed_sale\" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
const SELECT: &str = "SELECT \"id\", \"customer\", \"status\", \"total\", \"weight\", \"remark\", \"email\", \"placed\" \
                      FROM \"sale\" WHERE \"id\" = ?1";
const SELECT_ALL: &str = "SELECT \"id\", \"customer\", \"status\", \"total\", \"weight\", \"remark\", \"email\", \
                          \"placed\" FROM \"sale\"";
const UPDATE: &str = "UPDATE \"sale\" SET \"status\" = ?1, \"total\" = ?2 WHERE \"id\" = ?3";
const FIND: &str = "SELECT \"id\", \"customer\", \"status\", \"total\", \"weight\", \"remark\", \"email\", \"placed\" \
                    FROM \"indexed_sale\" WHERE \"customer\" = ?1";

fn main() -> Result<()> {
    run(work)
}

fn work(job: &Job) -> Result<Report> {
    let mut connection = Connection::open(&job.file)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    match job.workload {
        Workload::Create => create(&connection),
        Workload::Fill | Workload::InsertAll => insert_all(&mut connection, INSERT, &job.sales()),
        Workload::FillIndexed => insert_all(&mut connection, INSERT_INDEXED, &job.sales()),
        Workload::InsertOne => insert_one(&connection, &job.sales()),
        Workload::Update => update(&mut connection, &job.ids()),
        Workload::Get => get(&connection, &job.ids()),
        Workload::Find => find(&connection, &job.customers()),
        Workload::Check => check(&connection),
        other => anyhow::bail!("raw does not do {}", other.name()),
    }
}

fn create(connection: &Connection) -> Result<Report> {
    let clock = Clock::start();
    for sql in [DDL, DDL_INDEXED, DDL_OUTBOX] {
        connection.execute_batch(sql)?;
    }
    Ok(clock.stop().wrote(version(), 0))
}

fn insert(statement: &mut CachedStatement<'_>, sale: &Sale) -> rusqlite::Result<usize> {
    statement.execute(params![
        sale.id.as_bytes(),
        sale.customer,
        sale.status.label(),
        sale.total,
        sale.weight,
        sale.remark,
        sale.email,
        sale.placed
    ])
}

fn read(row: &Row<'_>) -> rusqlite::Result<Sale> {
    let status = row.get_ref(2)?.as_str()?;
    Ok(Sale {
        id: uuid::Uuid::from_bytes(row.get(0)?),
        customer: row.get(1)?,
        status: Status::from_label(status)
            .map_err(|error| rusqlite::Error::FromSqlConversionFailure(2, Type::Text, error.into()))?,
        total: row.get(3)?,
        weight: row.get(4)?,
        remark: row.get(5)?,
        email: row.get(6)?,
        placed: row.get(7)?,
    })
}

fn insert_all(connection: &mut Connection, sql: &str, sales: &[Sale]) -> Result<Report> {
    let clock = Clock::start();
    let transaction = connection.transaction()?;
    let mut statement = transaction.prepare_cached(sql)?;
    for sale in sales {
        insert(&mut statement, sale)?;
    }
    drop(statement);
    transaction.commit()?;
    Ok(clock.stop().wrote(version(), sales.len()))
}

fn insert_one(connection: &Connection, sales: &[Sale]) -> Result<Report> {
    let mut statement = connection.prepare_cached(INSERT)?;
    let clock = Clock::start();
    for sale in sales {
        insert(&mut statement, sale)?;
    }
    Ok(clock.stop().wrote(version(), sales.len()))
}

fn update(connection: &mut Connection, ids: &[uuid::Uuid]) -> Result<Report> {
    let clock = Clock::start();
    let transaction = connection.transaction()?;
    let mut select = transaction.prepare_cached(SELECT)?;
    let mut update = transaction.prepare_cached(UPDATE)?;
    for id in ids {
        let mut sale = select.query_row([id.as_bytes()], read)?;
        sale.status = sale.status.next();
        sale.total += 1;
        update.execute(params![sale.status.label(), sale.total, id.as_bytes()])?;
    }
    drop((select, update));
    transaction.commit()?;
    Ok(clock.stop().wrote(version(), ids.len()))
}

fn get(connection: &Connection, ids: &[uuid::Uuid]) -> Result<Report> {
    let mut select = connection.prepare_cached(SELECT)?;
    let mut sales = Vec::with_capacity(ids.len());
    let clock = Clock::start();
    for id in ids {
        sales.push(select.query_row([id.as_bytes()], read)?);
    }
    Ok(clock.stop().read(version(), &sales))
}

fn find(connection: &Connection, customers: &[i64]) -> Result<Report> {
    let mut select = connection.prepare_cached(FIND)?;
    let mut found = Vec::with_capacity(customers.len());
    let clock = Clock::start();
    for customer in customers {
        let sales: Vec<Sale> = select.query_map([customer], read)?.collect::<rusqlite::Result<_>>()?;
        found.push(sales);
    }
    Ok(clock.stop().read(version(), found.iter().flatten()))
}

/// The digest of what is stored, and in the place of the nanoseconds the number of rows in the outbox.
fn check(connection: &Connection) -> Result<Report> {
    let count = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
    let events = match count("SELECT count(*) FROM sqlite_master WHERE name = 'outbox'")? {
        0 => 0,
        _ => count("SELECT count(*) FROM outbox WHERE json_valid(payload)")?,
    };
    let mut digest = 0_u64;
    let mut rows = 0;
    let mut select = connection.prepare(SELECT_ALL)?;
    for sale in select.query_map([], read)? {
        digest = digest.wrapping_add(sale.context("a document that cannot be read")?.digest());
        rows += 1;
    }
    Ok(Report { sqlite: version().to_owned(), nanoseconds: events.cast_unsigned(), rows, digest })
}
