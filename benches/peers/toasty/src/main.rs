//! Toasty: models over its SQLite driver, one connection.

use anyhow::Result;
use bench_common::{Clock, Digest, Job, Report, Workload, event, run};
use serde::Serialize;
use toasty::{Db, stmt::Value};
use toasty_driver_sqlite::Sqlite;
use uuid::Uuid;

/// Rows a statement of `insert_all`: the fastest of 20, 100, 500 and 4,000.
const CHUNK: usize = 500;

#[derive(Clone, Debug, toasty::Model, Serialize)]
#[table = "sale"]
struct Sale {
    #[key]
    id: Uuid,
    customer: i64,
    status: Status,
    total: i64,
    weight: f64,
    remark: Option<String>,
    email: String,
    placed: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, toasty::Embed, Serialize)]
#[column(type = text)]
#[serde(rename_all = "snake_case")]
enum Status {
    Open,
    Paid,
    Shipped,
}

#[derive(Clone, Debug, toasty::Model)]
#[table = "outbox"]
struct Outbox {
    #[key]
    #[auto]
    id: i64,
    payload: String,
}

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    run(|job| runtime.block_on(work(job)))
}

async fn work(job: &Job) -> Result<Report> {
    let mut builder = Db::builder();
    builder.models(toasty::models!(Sale, Outbox)).max_pool_size(1);
    let mut db = builder.build(Sqlite::open(&job.file)).await?;
    for pragma in ["PRAGMA journal_mode = WAL", "PRAGMA synchronous = NORMAL"] {
        toasty::sql::query(pragma).exec(&mut db).await?;
    }
    let version = toasty::sql::query("SELECT sqlite_version()").exec(&mut db).await?;
    let version = match version.first() {
        Some(Value::Record(row)) => match row.first() {
            Some(Value::String(version)) => version.clone(),
            _ => anyhow::bail!("no version"),
        },
        _ => anyhow::bail!("no version"),
    };
    let report = match job.workload {
        Workload::InsertAll => insert_all(&mut db, sales(job)).await,
        Workload::InsertOne => insert_one(&mut db, sales(job)).await,
        Workload::InsertOneOutbox => insert_one_outbox(&mut db, sales(job)).await,
        Workload::Update => update(&mut db, &job.ids()).await,
        Workload::Get => get(&mut db, &job.ids()).await,
        other => anyhow::bail!("toasty does not do {}", other.name()),
    };
    Ok(Report { sqlite: version, ..report? })
}

fn sales(job: &Job) -> Vec<Sale> {
    job.sales().into_iter().map(Sale::from).collect()
}

/// The builder of an insert of this document.
macro_rules! creation {
    ($sale:ident) => {
        Sale::create()
            .id($sale.id)
            .customer($sale.customer)
            .status($sale.status)
            .total($sale.total)
            .weight($sale.weight)
            .remark($sale.remark)
            .email($sale.email)
            .placed($sale.placed)
    };
}

async fn insert_all(db: &mut Db, sales: Vec<Sale>) -> Result<Report> {
    let count = sales.len();
    let clock = Clock::start();
    let mut transaction = db.transaction().await?;
    let mut sales = sales.into_iter().peekable();
    while sales.peek().is_some() {
        let batch = sales.by_ref().take(CHUNK);
        let batch = batch.fold(Sale::create_many(), |batch, sale| batch.item(creation!(sale)));
        batch.exec(&mut transaction).await?;
    }
    transaction.commit().await?;
    Ok(clock.stop().wrote("", count))
}

async fn insert_one(db: &mut Db, sales: Vec<Sale>) -> Result<Report> {
    let count = sales.len();
    let clock = Clock::start();
    for sale in sales {
        creation!(sale).exec(db).await?;
    }
    Ok(clock.stop().wrote("", count))
}

async fn insert_one_outbox(db: &mut Db, sales: Vec<Sale>) -> Result<Report> {
    let count = sales.len();
    let clock = Clock::start();
    for sale in sales {
        let mut transaction = db.transaction().await?;
        let payload = event(sale.id, &sale)?;
        creation!(sale).exec(&mut transaction).await?;
        Outbox::create().payload(payload).exec(&mut transaction).await?;
        transaction.commit().await?;
    }
    Ok(clock.stop().wrote("", count))
}

async fn update(db: &mut Db, ids: &[Uuid]) -> Result<Report> {
    let clock = Clock::start();
    let mut transaction = db.transaction().await?;
    for id in ids {
        let mut sale = Sale::get_by_id(&mut transaction, id).await?;
        let (status, total) = (sale.status.next(), sale.total + 1);
        sale.update().status(status).total(total).exec(&mut transaction).await?;
    }
    transaction.commit().await?;
    Ok(clock.stop().wrote("", ids.len()))
}

async fn get(db: &mut Db, ids: &[Uuid]) -> Result<Report> {
    let mut sales = Vec::with_capacity(ids.len());
    let clock = Clock::start();
    for id in ids {
        sales.push(Sale::get_by_id(db, id).await?);
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
