//! `SeaORM`: entities and active models over a pool of one connection.

use anyhow::{Context, Result};
use bench_common::{Clock, DDL, DDL_OUTBOX, Digest, Job, Report, Workload, event, run};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, EntityTrait, IntoActiveModel,
    TransactionTrait,
    sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous},
};
use uuid::Uuid;

use sale::Status;

/// Rows a statement of `insert_all`: the fastest of 20, 100, 500 and 4,000.
const CHUNK: usize = 500;

mod sale {
    use sea_orm::entity::prelude::*;
    use serde::Serialize;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize)]
    #[sea_orm(table_name = "sale")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub customer: i64,
        pub status: Status,
        pub total: i64,
        pub weight: f64,
        pub remark: Option<String>,
        pub email: String,
        pub placed: i64,
    }

    #[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Serialize)]
    #[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
    #[serde(rename_all = "snake_case")]
    pub enum Status {
        Open,
        Paid,
        Shipped,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod outbox {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "outbox")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub payload: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    run(|job| runtime.block_on(work(job)))
}

async fn work(job: &Job) -> Result<Report> {
    let mut options = ConnectOptions::new(format!("sqlite://{}?mode=rwc", job.file.display()));
    options.max_connections(1).test_before_acquire(false).sqlx_logging(false).map_sqlx_sqlite_opts(
        |options| options.journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Normal),
    );
    let db = Database::connect(options).await?;
    let version = sea_orm::Statement::from_string(sea_orm::DbBackend::Sqlite, "SELECT sqlite_version()");
    let version: String = db.query_one_raw(version).await?.context("no version")?.try_get_by_index(0)?;
    let report = match job.workload {
        Workload::Create => create(&db).await,
        Workload::InsertAll => insert_all(&db, sales(job)).await,
        Workload::InsertOne => insert_one(&db, sales(job)).await,
        Workload::InsertOneOutbox => insert_one_outbox(&db, sales(job)).await,
        Workload::Update => update(&db, &job.ids()).await,
        Workload::Get => get(&db, &job.ids()).await,
        other => anyhow::bail!("seaorm does not do {}", other.name()),
    };
    db.close().await?;
    Ok(Report { sqlite: version, ..report? })
}

fn sales(job: &Job) -> Vec<sale::Model> {
    job.sales().into_iter().map(sale::Model::from).collect()
}

/// Every field set: what an insert takes.
fn active(sale: sale::Model) -> sale::ActiveModel {
    sale.into_active_model().reset_all()
}

async fn create(db: &DatabaseConnection) -> Result<Report> {
    let clock = Clock::start();
    db.execute_unprepared(DDL).await?;
    db.execute_unprepared(DDL_OUTBOX).await?;
    Ok(clock.stop().wrote("", 0))
}

async fn insert_all(db: &DatabaseConnection, sales: Vec<sale::Model>) -> Result<Report> {
    let count = sales.len();
    let clock = Clock::start();
    let transaction = db.begin().await?;
    let mut sales = sales.into_iter();
    loop {
        let chunk: Vec<sale::ActiveModel> = sales.by_ref().take(CHUNK).map(active).collect();
        if chunk.is_empty() {
            break;
        }
        sale::Entity::insert_many(chunk).exec_without_returning(&transaction).await?;
    }
    transaction.commit().await?;
    Ok(clock.stop().wrote("", count))
}

async fn insert_one(db: &DatabaseConnection, sales: Vec<sale::Model>) -> Result<Report> {
    let count = sales.len();
    let clock = Clock::start();
    for sale in sales {
        sale::Entity::insert(active(sale)).exec_without_returning(db).await?;
    }
    Ok(clock.stop().wrote("", count))
}

async fn insert_one_outbox(db: &DatabaseConnection, sales: Vec<sale::Model>) -> Result<Report> {
    let count = sales.len();
    let clock = Clock::start();
    for sale in sales {
        let transaction = db.begin().await?;
        let payload = event(sale.id, &sale)?;
        sale::Entity::insert(active(sale)).exec_without_returning(&transaction).await?;
        let row = outbox::ActiveModel { payload: Set(payload), ..Default::default() };
        outbox::Entity::insert(row).exec_without_returning(&transaction).await?;
        transaction.commit().await?;
    }
    Ok(clock.stop().wrote("", count))
}

async fn update(db: &DatabaseConnection, ids: &[Uuid]) -> Result<Report> {
    let clock = Clock::start();
    let transaction = db.begin().await?;
    for id in ids {
        let sale =
            sale::Entity::find_by_id(*id).one(&transaction).await?.context("a document that is not there")?;
        let (status, total) = (sale.status.next(), sale.total + 1);
        let mut sale = sale.into_active_model();
        sale.status = Set(status);
        sale.total = Set(total);
        sale.update(&transaction).await?;
    }
    transaction.commit().await?;
    Ok(clock.stop().wrote("", ids.len()))
}

async fn get(db: &DatabaseConnection, ids: &[Uuid]) -> Result<Report> {
    let mut sales = Vec::with_capacity(ids.len());
    let clock = Clock::start();
    for id in ids {
        sales.push(sale::Entity::find_by_id(*id).one(db).await?.context("a document that is not there")?);
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

impl From<bench_common::Sale> for sale::Model {
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

impl Digest for sale::Model {
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
