//! diesel: its query builder, with the statements that it prepares once and keeps.

use anyhow::Result;
use bench_common::{Clock, DDL, DDL_OUTBOX, Digest, Job, Report, Status, Workload, event, run};
use diesel::{
    connection::SimpleConnection,
    deserialize::{self, FromSql, FromSqlRow},
    expression::AsExpression,
    prelude::*,
    serialize::{self, IsNull, Output, ToSql},
    sql_types::{Binary, Text},
    sqlite::{Sqlite, SqliteValue},
};
use serde::Serialize;
use uuid::Uuid;

/// Rows a statement of `insert_all`: the fastest of 20, 100, 500 and 4,000.
const CHUNK: usize = 500;

diesel::table! {
    sale (id) {
        id -> Binary,
        customer -> BigInt,
        status -> Text,
        total -> BigInt,
        weight -> Double,
        remark -> Nullable<Text>,
        email -> Text,
        placed -> BigInt,
    }
}

diesel::table! {
    outbox (id) {
        id -> BigInt,
        payload -> Text,
    }
}

#[derive(Clone, Debug, Queryable, Selectable, Insertable, Serialize)]
#[diesel(table_name = sale, check_for_backend(Sqlite), treat_none_as_default_value = false)]
struct Sale {
    id: Id,
    customer: i64,
    status: Label,
    total: i64,
    weight: f64,
    remark: Option<String>,
    email: String,
    placed: i64,
}

#[derive(Clone, Copy, Debug, AsExpression, FromSqlRow, Serialize)]
#[diesel(sql_type = Binary)]
struct Id(Uuid);

impl ToSql<Binary, Sqlite> for Id {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.as_bytes().as_slice());
        Ok(IsNull::No)
    }
}

impl FromSql<Binary, Sqlite> for Id {
    fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        Ok(Self(Uuid::from_slice(value.read_blob())?))
    }
}

#[derive(Clone, Copy, Debug, AsExpression, FromSqlRow, Serialize)]
#[diesel(sql_type = Text)]
struct Label(Status);

impl ToSql<Text, Sqlite> for Label {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.label());
        Ok(IsNull::No)
    }
}

impl FromSql<Text, Sqlite> for Label {
    fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        Ok(Self(Status::from_label(value.read_text())?))
    }
}

fn main() -> Result<()> {
    run(work)
}

fn work(job: &Job) -> Result<Report> {
    let mut db = SqliteConnection::establish(&job.file.to_string_lossy())?;
    db.batch_execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL")?;
    let version = diesel::select(diesel::dsl::sql::<Text>("sqlite_version()")).get_result(&mut db)?;
    let report = match job.workload {
        Workload::Create => create(&mut db),
        Workload::InsertAll => insert_all(&mut db, &sales(job)),
        Workload::InsertOne => insert_one(&mut db, &sales(job)),
        Workload::InsertOneOutbox => insert_one_outbox(&mut db, &sales(job)),
        Workload::Update => update(&mut db, &ids(job)),
        Workload::Get => get(&mut db, &ids(job)),
        other => anyhow::bail!("diesel does not do {}", other.name()),
    };
    Ok(Report { sqlite: version, ..report? })
}

fn sales(job: &Job) -> Vec<Sale> {
    job.sales().into_iter().map(Sale::from).collect()
}

fn ids(job: &Job) -> Vec<Id> {
    job.ids().into_iter().map(Id).collect()
}

fn create(db: &mut SqliteConnection) -> Result<Report> {
    let clock = Clock::start();
    db.batch_execute(DDL)?;
    db.batch_execute(DDL_OUTBOX)?;
    Ok(clock.stop().wrote("", 0))
}

fn insert_all(db: &mut SqliteConnection, sales: &[Sale]) -> Result<Report> {
    let clock = Clock::start();
    db.transaction(|db| {
        sales
            .chunks(CHUNK)
            .try_for_each(|sales| diesel::insert_into(sale::table).values(sales).execute(db).map(drop))
    })?;
    Ok(clock.stop().wrote("", sales.len()))
}

fn insert_one(db: &mut SqliteConnection, sales: &[Sale]) -> Result<Report> {
    let clock = Clock::start();
    for sale in sales {
        diesel::insert_into(sale::table).values(sale).execute(db)?;
    }
    Ok(clock.stop().wrote("", sales.len()))
}

fn insert_one_outbox(db: &mut SqliteConnection, sales: &[Sale]) -> Result<Report> {
    let clock = Clock::start();
    for sale in sales {
        db.transaction::<_, anyhow::Error, _>(|db| {
            diesel::insert_into(sale::table).values(sale).execute(db)?;
            let payload = event(sale.id.0, sale)?;
            diesel::insert_into(outbox::table).values(outbox::payload.eq(payload)).execute(db)?;
            Ok(())
        })?;
    }
    Ok(clock.stop().wrote("", sales.len()))
}

fn update(db: &mut SqliteConnection, ids: &[Id]) -> Result<Report> {
    let clock = Clock::start();
    db.transaction::<_, diesel::result::Error, _>(|db| {
        for id in ids {
            let mut sale: Sale = sale::table.find(id).select(Sale::as_select()).first(db)?;
            sale.status = Label(sale.status.0.next());
            sale.total += 1;
            let changes = (sale::status.eq(sale.status), sale::total.eq(sale.total));
            diesel::update(sale::table.find(id)).set(changes).execute(db)?;
        }
        Ok(())
    })?;
    Ok(clock.stop().wrote("", ids.len()))
}

fn get(db: &mut SqliteConnection, ids: &[Id]) -> Result<Report> {
    let mut sales: Vec<Sale> = Vec::with_capacity(ids.len());
    let clock = Clock::start();
    for id in ids {
        sales.push(sale::table.find(id).select(Sale::as_select()).first(db)?);
    }
    Ok(clock.stop().read("", &sales))
}

impl From<bench_common::Sale> for Sale {
    fn from(sale: bench_common::Sale) -> Self {
        Self {
            id: Id(sale.id),
            customer: sale.customer,
            status: Label(sale.status),
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
        bench_common::Sale {
            id: sale.id.0,
            customer: sale.customer,
            status: sale.status.0,
            total: sale.total,
            weight: sale.weight,
            remark: sale.remark,
            email: sale.email,
            placed: sale.placed,
        }
        .digest()
    }
}
