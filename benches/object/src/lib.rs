//! terrace in the bench of Durable Objects: an object that does one piece of work over the documents it is sent, and
//! answers how long that took.
#![cfg(target_family = "wasm")]

mod count;
mod sale;

use sale::{Digest, Given, Sale};
use serde::{Deserialize, Serialize};
use terrace::prelude::*;
use wasm_bindgen::prelude::wasm_bindgen;
use worker::{DurableObject, Env, Request, Response, Result, State, durable_object};

type Failed = Box<dyn std::error::Error>;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance)]
    fn now() -> f64;
}

/// What the object is sent.
#[derive(Deserialize)]
struct Job {
    sales: Vec<Given>,
    /// How many documents are written in one transaction.
    batch: usize,
    /// How often the work is done.
    times: usize,
    /// What to ask of the collection afterwards.
    check: String,
}

/// What it answers.
#[derive(Serialize)]
struct Report {
    milliseconds: f64,
    stored: Stored,
    read: Option<Digest>,
    rows: Option<f64>,
}

/// The collection afterwards.
#[derive(Serialize)]
struct Stored {
    documents: i64,
    total: i64,
    weight: f64,
    characters: i64,
    last: String,
    placed: i64,
}

/// A row of it, where every sum is missing if there is no document.
type Checked = (i64, Option<i64>, Option<f64>, Option<i64>, Option<String>, Option<i64>);

#[durable_object(fetch)]
struct Terrace {
    state: State,
    db: Db,
}

impl DurableObject for Terrace {
    fn new(state: State, _: Env) -> Self {
        let db = Db::durable(&state, collections![Sale]).expect("the collection has one schema for ever");
        Self { state, db }
    }

    async fn fetch(&self, mut request: Request) -> Result<Response> {
        let path = request.path();
        let work = path.rsplit('/').next().unwrap_or_default();
        let job: Job = request.json().await?;
        let report = self.work(work, job).map_err(|error| error.to_string())?;
        Response::from_json(&report)
    }
}

impl Terrace {
    fn work(&self, work: &str, job: Job) -> std::result::Result<Report, Failed> {
        let sales: Vec<Sale> =
            job.sales.into_iter().map(Sale::try_from).collect::<std::result::Result<_, _>>()?;
        let (mut read, mut rows) = (None, None);
        let before = now();
        for _ in 0..job.times {
            match work {
                "insert_one" => sales.iter().try_for_each(|sale| self.db.insert(sale))?,
                "insert_all" | "fill" => {
                    sales.chunks(job.batch).try_for_each(|batch| self.db.insert_all(batch).map(drop))?;
                }
                "read" => read = Some(self.db.all::<Sale>().all()?),
                "rows_written" => rows = Some(self.rows_written(&sales, job.batch)?),
                other => return Err(format!("no such work: {other}").into()),
            }
        }
        let milliseconds = now() - before;
        Ok(Report {
            milliseconds,
            stored: self.stored(&job.check)?,
            read: read.as_deref().map(Digest::of),
            rows,
        })
    }

    fn stored(&self, check: &str) -> std::result::Result<Stored, Failed> {
        let rows: Vec<Checked> = self.db.query(check, ())?;
        let (documents, total, weight, characters, last, placed) = rows.into_iter().next().ok_or("no row")?;
        Ok(Stored {
            documents,
            total: total.unwrap_or_default(),
            weight: weight.unwrap_or_default(),
            characters: characters.unwrap_or_default(),
            last: last.unwrap_or_default(),
            placed: placed.unwrap_or_default(),
        })
    }

    /// How many rows a mutation writes over its whole life, so many in a transaction: its own, its event's, and what
    /// acknowledging and pruning the event write. Half of the mutations insert, the others update and delete.
    fn rows_written(&self, sales: &[Sale], transaction: usize) -> std::result::Result<f64, Failed> {
        let mutations = sales.len() * 2;
        let consumer = self.db.changes().register("bench")?;
        let end = count::count(self.state.storage().as_raw());
        for batch in (0..mutations).step_by(BATCH) {
            for first in (batch..batch + BATCH).step_by(transaction) {
                self.db.transaction(|db| {
                    (first..first + transaction).try_for_each(|at| mutate(db, sales, at))
                })?;
            }
            let last = consumer.events()?.last().ok_or("no event")??;
            consumer.acknowledge(last.sequence)?;
            self.db.changes().prune(Retention { keep: 0, cap: None })?;
        }
        let rows = end.call0(&wasm_bindgen::JsValue::NULL).map_err(|error| format!("{error:?}"))?;
        #[allow(clippy::cast_precision_loss)] // a count
        let mutations = mutations as f64;
        Ok(rows.as_f64().ok_or("no number")? / mutations)
    }
}

/// The consumer acknowledges, and the log is pruned, after so many mutations.
const BATCH: usize = 1_000;

/// Of each four mutations two insert, one updates the first of these, and one deletes the second.
fn mutate(db: &Db, sales: &[Sale], at: usize) -> std::result::Result<(), StorageError> {
    let pair = at / 4 * 2;
    match at % 4 {
        insert @ (0 | 1) => db.insert(&sales[pair + insert]),
        2 => db.update(sales[pair].id, |sale: &mut Sale| sale.total += 1).map(drop),
        _ => db.delete(sales[pair + 1].id).map(drop),
    }
}
