//! sqlx: one connection, statements that it prepares once and keeps.

use anyhow::Result;
use bench_common::{Clock, DDL, DDL_OUTBOX, Digest, Job, Report, Workload, event, run};
use serde::Serialize;
use sqlx::{
    Connection, FromRow, QueryBuilder, Sqlite, SqliteConnection, Type,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use uuid::Uuid;

const INSERT: &str = "INSERT INTO sale (id, customer, status, total, weight, remark, email, placed) \
                      VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
const INSERT_MANY: &str = "INSERT INTO sale (id, customer, status, total, weight, remark, email, placed) ";
const SELECT: &str =
    "SELECT id, customer, status, total, weight, remark, email, placed FROM sale WHERE id = ?";
const UPDATE: &str = "UPDATE sale SET status = ?, total = ? WHERE id = ?";
/// Rows a statement of `insert_all`: the fastest of 20, 100, 500 and 4,000.
const CHUNK: usize = 500;

#[derive(Clone, Debug, FromRow, Serialize)]
struct Sale {
    id: Uuid,
    customer: i64,
    status: Status,
    total: i64,
    weight: f64,
    remark: Option<String>,
    email: String,
    placed: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Type, Serialize)]
#[sqlx(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
enum Status {
    Open,
    Paid,
    Shipped,
}

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    run(|job| runtime.block_on(work(job)))
}

async fn work(job: &Job) -> Result<Report> {
    let options = SqliteConnectOptions::new()
        .filename(&job.file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal);
    let mut db = SqliteConnection::connect_with(&options).await?;
    let version: String = sqlx::query_scalar("SELECT sqlite_version()").fetch_one(&mut db).await?;
    let elapsed = match job.workload {
        Workload::Create => create(&mut db).await,
        Workload::InsertAll => insert_all(&mut db, &sales(job)).await,
        Workload::InsertOne => insert_one(&mut db, &sales(job)).await,
        Workload::InsertOneOutbox => insert_one_outbox(&mut db, &sales(job)).await,
        Workload::Update => update(&mut db, &job.ids()).await,
        Workload::Get => get(&mut db, &job.ids()).await,
        other => anyhow::bail!("sqlx does not do {}", other.name()),
    };
    db.close().await?;
    Ok(Report { sqlite: version, ..elapsed? })
}

fn sales(job: &Job) -> Vec<Sale> {
    job.sales().into_iter().map(Sale::from).collect()
}

async fn create(db: &mut SqliteConnection) -> Result<Report> {
    let clock = Clock::start();
    sqlx::query(DDL).execute(&mut *db).await?;
    sqlx::query(DDL_OUTBOX).execute(db).await?;
    Ok(clock.stop().wrote("", 0))
}

async fn insert_all(db: &mut SqliteConnection, sales: &[Sale]) -> Result<Report> {
    let clock = Clock::start();
    let mut transaction = db.begin().await?;
    for sales in sales.chunks(CHUNK) {
        let mut insert = QueryBuilder::<Sqlite>::new(INSERT_MANY);
        insert.push_values(sales, |mut row, sale| {
            row.push_bind(sale.id)
                .push_bind(sale.customer)
                .push_bind(sale.status)
                .push_bind(sale.total)
                .push_bind(sale.weight)
                .push_bind(sale.remark.as_deref())
                .push_bind(sale.email.as_str())
                .push_bind(sale.placed);
        });
        insert.build().execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(clock.stop().wrote("", sales.len()))
}

async fn insert(db: &mut SqliteConnection, sale: &Sale) -> Result<()> {
    sqlx::query(INSERT)
        .bind(sale.id)
        .bind(sale.customer)
        .bind(sale.status)
        .bind(sale.total)
        .bind(sale.weight)
        .bind(sale.remark.as_deref())
        .bind(sale.email.as_str())
        .bind(sale.placed)
        .execute(db)
        .await?;
    Ok(())
}

async fn insert_one(db: &mut SqliteConnection, sales: &[Sale]) -> Result<Report> {
    let clock = Clock::start();
    for sale in sales {
        insert(db, sale).await?;
    }
    Ok(clock.stop().wrote("", sales.len()))
}

async fn insert_one_outbox(db: &mut SqliteConnection, sales: &[Sale]) -> Result<Report> {
    let clock = Clock::start();
    for sale in sales {
        let mut transaction = db.begin().await?;
        insert(&mut transaction, sale).await?;
        let payload = event(sale.id, sale)?;
        sqlx::query("INSERT INTO outbox (payload) VALUES (?)")
            .bind(payload)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
    }
    Ok(clock.stop().wrote("", sales.len()))
}

async fn update(db: &mut SqliteConnection, ids: &[Uuid]) -> Result<Report> {
    let clock = Clock::start();
    let mut transaction = db.begin().await?;
    for id in ids {
        let mut sale: Sale = sqlx::query_as(SELECT).bind(id).fetch_one(&mut *transaction).await?;
        sale.status = sale.status.next();
        sale.total += 1;
        let update = sqlx::query(UPDATE).bind(sale.status).bind(sale.total).bind(sale.id);
        update.execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(clock.stop().wrote("", ids.len()))
}

async fn get(db: &mut SqliteConnection, ids: &[Uuid]) -> Result<Report> {
    let mut sales: Vec<Sale> = Vec::with_capacity(ids.len());
    let clock = Clock::start();
    for id in ids {
        sales.push(sqlx::query_as(SELECT).bind(id).fetch_one(&mut *db).await?);
    }
    Ok(clock.stop().read("", &sales))
}

impl Status {
    fn next(self) -> Self {
        match self {
            Self::Open => Self::Paid,
            Self::Paid => Self::Shipped,
            Self::Shipped => Self::Open,
        }
    }
}

impl From<bench_common::Sale> for Sale {
    fn from(sale: bench_common::Sale) -> Self {
        let status = match sale.status {
            bench_common::Status::Open => Status::Open,
            bench_common::Status::Paid => Status::Paid,
            bench_common::Status::Shipped => Status::Shipped,
        };
        Self {
            id: sale.id,
            customer: sale.customer,
            status,
            total: sale.total,
            weight: sale.weight,
            remark: sale.remark,
            email: sale.email,
            placed: sale.placed,
        }
    }
}

impl Digest for Sale {
    fn digest(&self) -> u64 {
        let sale = self.clone();
        let status = match sale.status {
            Status::Open => bench_common::Status::Open,
            Status::Paid => bench_common::Status::Paid,
            Status::Shipped => bench_common::Status::Shipped,
        };
        bench_common::Sale {
            id: sale.id,
            customer: sale.customer,
            status,
            total: sale.total,
            weight: sale.weight,
            remark: sale.remark,
            email: sale.email,
            placed: sale.placed,
        }
        .digest()
    }
}
