//! terrace: every write leaves its event in the log.

mod rows;
#[macro_use]
mod sale;

use anyhow::{Context, Result};
use bench_common::{Clock, Digest, Job, Report, Workload, run};
use rusqlite::version;
use terrace::prelude::*;

use sale::{Sale, Status};

#[derive(Collection, Clone, Debug)]
struct IndexedSale {
    #[id]
    id: Id<IndexedSale>,
    #[index]
    customer: i64,
    status: Status,
    total: i64,
    weight: f64,
    remark: Option<String>,
    email: String,
    placed: Timestamp,
}

fn main() -> Result<()> {
    run(work)
}

fn work(job: &Job) -> Result<Report> {
    let clock = Clock::start();
    let db = Db::open(&job.file, collections![Sale, IndexedSale])?;
    match job.workload {
        Workload::Create => Ok(clock.stop().wrote(version(), 0)),
        Workload::Fill | Workload::InsertAll => insert_all::<Sale>(&db, &sales(job)),
        Workload::FillIndexed => insert_all::<IndexedSale>(&db, &sales(job)),
        Workload::InsertOne => insert_one(&db, &sales(job)),
        Workload::Update => update(&db, &ids(job)),
        Workload::Get => get(&db, &ids(job)),
        Workload::Find => find(&db, &job.customers()),
        Workload::RowsOne => rows::written(&db, job, &sales(job), 1),
        Workload::RowsBulk => rows::written(&db, job, &sales(job), 1_000),
        other => anyhow::bail!("terrace does not do {}", other.name()),
    }
}

fn sales<T: From<bench_common::Sale>>(job: &Job) -> Vec<T> {
    job.sales().into_iter().map(T::from).collect()
}

fn ids(job: &Job) -> Vec<Id<Sale>> {
    job.ids().into_iter().map(Id::from_uuid).collect()
}

fn insert_all<T: Collection>(db: &Db, sales: &[T]) -> Result<Report> {
    let clock = Clock::start();
    db.insert_all(sales)?;
    Ok(clock.stop().wrote(version(), sales.len()))
}

fn insert_one(db: &Db, sales: &[Sale]) -> Result<Report> {
    let clock = Clock::start();
    for sale in sales {
        db.insert(sale)?;
    }
    Ok(clock.stop().wrote(version(), sales.len()))
}

fn update(db: &Db, ids: &[Id<Sale>]) -> Result<Report> {
    let clock = Clock::start();
    db.transaction(|db| {
        ids.iter().try_for_each(|id| {
            db.update(*id, |sale: &mut Sale| {
                sale.status = sale.status.next();
                sale.total += 1;
            })
            .map(drop)
        })
    })?;
    Ok(clock.stop().wrote(version(), ids.len()))
}

fn get(db: &Db, ids: &[Id<Sale>]) -> Result<Report> {
    let mut sales: Vec<Sale> = Vec::with_capacity(ids.len());
    let clock = Clock::start();
    for id in ids {
        sales.push(db.get(*id)?.context("a document that is not there")?);
    }
    Ok(clock.stop().read(version(), &sales))
}

fn find(db: &Db, customers: &[i64]) -> Result<Report> {
    let mut found = Vec::with_capacity(customers.len());
    let clock = Clock::start();
    for customer in customers {
        found.push(db.find::<IndexedSale>(|s| s.customer.eq(*customer)).all()?);
    }
    Ok(clock.stop().read(version(), found.iter().flatten()))
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

impl From<Status> for bench_common::Status {
    fn from(status: Status) -> Self {
        match status {
            Status::Open => Self::Open,
            Status::Paid => Self::Paid,
            Status::Shipped => Self::Shipped,
        }
    }
}

from_common!(IndexedSale);

macro_rules! digests {
    ($($sale:ident),*) => {$(
        impl Digest for $sale {
            fn digest(&self) -> u64 {
                let sale = self.clone();
                bench_common::Sale {
                    id: sale.id.uuid(),
                    customer: sale.customer,
                    status: sale.status.into(),
                    total: sale.total,
                    weight: sale.weight,
                    remark: sale.remark,
                    email: sale.email,
                    placed: sale.placed.micros(),
                }
                .digest()
            }
        }
    )*};
}

digests!(Sale, IndexedSale);
