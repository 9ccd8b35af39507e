//! `cargo xtask bench warm`: a document that is in the cache, beside what a program does that uses moka itself, with bytes of
//! postcard, and beside the same document in `SQLite`. In turn, on one thread.
//!
//! `warm [ROUNDS]`

#[path = "../../terrace/src/sale.rs"]
mod sale;

use std::{hint::black_box, sync::Arc, time::Duration, time::Instant};

use anyhow::{Context, Result, ensure};
use futures_executor::block_on;
use terrace::{
    prelude::*,
    warm::{Consistency, Policy},
};

use sale::Sale;

const DOCUMENTS: usize = 10_000;
const READS: usize = 20_000;

/// The same documents in each place.
struct Places {
    db: Db,
    cache: Cache,
    moka: moka::sync::Cache<String, Arc<[u8]>>,
    /// The ids of the reads, in a random order, with the peer's keys.
    reads: Vec<(Id<Sale>, String)>,
}

fn main() -> Result<()> {
    let rounds = std::env::args().nth(1).map_or(Ok(101), |rounds| rounds.parse())?;
    let folder = tempfile::tempdir()?;
    let places = Places::fill(&folder.path().join("warm"))?;
    let mut times: [Vec<f64>; 4] = Default::default();
    for _ in 0..rounds {
        let round = [places.cached()?, places.by_moka()?, places.by_sqlite()?, places.strong_query()?];
        for (times, time) in times.iter_mut().zip(round) {
            times.push(time);
        }
    }
    ensure!(places.cache.counters().loads == DOCUMENTS as u64 + 1, "{:?}", places.cache.counters());
    let [cached, moka, sqlite, query] = times;
    println!("\nmedian ns a read, of {rounds} rounds with {READS} reads");
    for (name, times) in [
        ("terrace's cache", &cached),
        ("moka and postcard", &moka),
        ("SQLite, by terrace", &sqlite),
        ("a strong query of the cache", &query),
    ] {
        println!("{name:<28} {:>9.0}", median(times.clone()));
    }
    println!();
    for (name, peer) in [("warm_hit", &moka), ("warm_vs_sqlite", &sqlite)] {
        println!(
            "ratio {name} {:.3}",
            median(cached.iter().zip(peer).map(|(ours, peer)| ours / peer).collect())
        );
    }
    Ok(())
}

impl Places {
    fn fill(path: &std::path::Path) -> Result<Self> {
        let sales = bench_common::Sale::many(7, DOCUMENTS);
        let db = Db::open(path, collections![Sale])?;
        let documents: Vec<Sale> = sales.iter().cloned().map(Sale::from).collect();
        db.insert_all(&documents)?;
        let bytes = 100_000_000;
        let moka = moka::sync::Cache::builder()
            .max_capacity(bytes)
            .weigher(|key: &String, bytes: &Arc<[u8]>| {
                u32::try_from(key.len() + bytes.len()).unwrap_or(u32::MAX)
            })
            .build();
        let key = |id| format!("{}/sale/{id}", db.object_id());
        for sale in &sales {
            moka.insert(key(sale.id), postcard::to_allocvec(sale)?.into());
        }
        let mut at = 1u64;
        let reads = (0..READS).map(|_| {
            at = at.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let id = sales[usize::try_from(at >> 33).unwrap_or(0) % DOCUMENTS].id;
            (Id::from_uuid(id), key(id))
        });
        let reads = reads.collect();
        let places = Self { db, cache: Cache::in_memory(bytes), moka, reads };
        let get = async |id| places.cache.get::<Sale>(&places.db, id).await.map(drop);
        sales.iter().try_for_each(|sale| block_on(get(Id::from_uuid(sale.id))))?;
        Ok(places)
    }

    fn cached(&self) -> Result<f64> {
        block_on(async {
            let clock = Instant::now();
            for (id, _) in &self.reads {
                black_box(self.cache.get::<Sale>(&self.db, *id).await?).context("a document is missing")?;
            }
            Ok(nanos(clock.elapsed(), READS))
        })
    }

    fn by_moka(&self) -> Result<f64> {
        let clock = Instant::now();
        for (_, key) in &self.reads {
            let bytes = self.moka.get(key).context("a document is missing")?;
            black_box(postcard::from_bytes::<bench_common::Sale>(&bytes)?);
        }
        Ok(nanos(clock.elapsed(), READS))
    }

    fn by_sqlite(&self) -> Result<f64> {
        let clock = Instant::now();
        for (id, _) in &self.reads[..READS / 10] {
            black_box(self.db.get::<Sale>(*id)?).context("a document is missing")?;
        }
        Ok(nanos(clock.elapsed(), READS / 10))
    }

    /// A query of which the database says that its answer in the cache is right.
    fn strong_query(&self) -> Result<f64> {
        let policy = Policy::of::<Sale>().consistency(Consistency::Strong);
        let dearest = || self.db.all::<Sale>().order_by(|s| s.total.desc()).limit(10);
        block_on(async {
            let clock = Instant::now();
            for _ in 0..READS / 100 {
                black_box(self.cache.find_with(dearest(), &policy).await?);
            }
            Ok(nanos(clock.elapsed(), READS / 100))
        })
    }
}

#[allow(clippy::cast_precision_loss)] // these are small
fn nanos(elapsed: Duration, reads: usize) -> f64 {
    elapsed.as_nanos() as f64 / reads as f64
}

fn median(mut of: Vec<f64>) -> f64 {
    of.sort_by(f64::total_cmp);
    of[of.len() / 2]
}
