//! The same through a catalog that others have made: rustberg, over the reference implementation in Rust.
//!
//! `cargo xtask test --long` installs it; without it these tests say that they were not run.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    time::Duration,
};

use futures_executor::block_on;
use terrace::{
    cold::{Expiry, Lake},
    hot::Options,
    prelude::*,
};

use super::{Order, grown, order, sort_orders};

/// A catalog on a port of this machine, with its tables in a folder.
struct Catalog {
    child: Child,
    url: String,
    folder: tempfile::TempDir,
}

impl Drop for Catalog {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Catalog {
    fn start() -> Option<Self> {
        let Some(program) = std::env::var_os("TERRACE_RUSTBERG") else {
            println!(
                "not run, since TERRACE_RUSTBERG names no catalog; `cargo xtask test --long` installs one"
            );
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new(program);
        command
            .args("--dev --insecure-http --no-auth --host 127.0.0.1 --catalog-url memory:// -p".split(' '));
        command.arg(port.to_string()).arg("-w").arg(format!("file://{}", folder.path().display()));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut catalog =
            Self { child: command.spawn().unwrap(), url: format!("http://127.0.0.1:{port}"), folder };
        while !answers(port) {
            assert!(catalog.child.try_wait().unwrap().is_none(), "the catalog ended");
            std::thread::yield_now();
        }
        Some(catalog)
    }

    fn lake(&self) -> Lake {
        block_on(Lake::open(&self.url)).unwrap()
    }
}

/// Whether the catalog has begun.
fn answers(port: u16) -> bool {
    let ask = || {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.write_all(b"GET /v1/config HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")?;
        stream.read(&mut [0])
    };
    ask().is_ok_and(|read| read > 0)
}

fn found(lake: &Lake) -> Vec<Order> {
    let mut found = block_on(lake.find::<Order>(|_| Filter::all()).all()).unwrap();
    found.sort_by_key(|order| order.id);
    found
}

/// What the changelog table holds, as its newest snapshot says.
fn records(lake: &Lake) -> u64 {
    let table = block_on(lake.metadata("order_changes")).unwrap().unwrap();
    table.snapshot().unwrap().summary["total-records"].parse().unwrap()
}

#[test]
fn a_real_catalog_holds_a_lake_through_its_life() {
    let Some(catalog) = Catalog::start() else { return };
    let lake = catalog.lake();
    assert!(block_on(lake.tables()).unwrap().is_empty());
    let db = Db::open_in_memory(collections![Order]).unwrap();
    db.insert_all(&(0..50).map(order).collect::<Vec<_>>()).unwrap();
    block_on(db.sync(&lake)).unwrap();
    let first = block_on(lake.metadata("order_changes")).unwrap().unwrap().current_snapshot_id.unwrap();
    let then = found(&lake);
    assert_eq!(then, db.all::<Order>().all().unwrap());
    db.update::<Order>(7, |order| order.note = Some("changed".into())).unwrap();
    db.delete::<Order>(8).unwrap();
    block_on(db.sync(&lake)).unwrap();
    let mut earlier = block_on(lake.find::<Order>(|_| Filter::all()).as_of_snapshot(first).all()).unwrap();
    earlier.sort_by_key(|order| order.id);
    assert_eq!(earlier, then);
    block_on(lake.compact::<Order>()).unwrap();
    db.delete::<Order>(9).unwrap();
    block_on(db.sync(&lake)).unwrap();
    block_on(lake.compact::<Order>()).unwrap();
    let before = Timestamp::from_micros(i64::MAX);
    let removed = block_on(lake.expire::<Order>(Expiry { before, keep: 1 })).unwrap();
    assert!(removed.snapshots > 0 && removed.files > 0, "{removed:?}");
    block_on(lake.remove_orphans("order", Duration::ZERO)).unwrap();
    let lake = catalog.lake();
    assert_eq!(found(&lake), db.all::<Order>().all().unwrap());
    assert_eq!(records(&lake), db.changes().head().unwrap(), "each event once");
    assert_eq!(block_on(lake.tables()).unwrap(), ["order", "order_changes"]);
    assert!(catalog.folder.path().read_dir().unwrap().next().is_some(), "the files are where it says");
}

#[test]
fn a_real_catalog_carries_the_change_of_a_struct() {
    let Some(catalog) = Catalog::start() else { return };
    let lake = catalog.lake();
    let old = Options::new().object("old").open_in_memory(collections![Order]).unwrap();
    old.insert(&order(1)).unwrap();
    block_on(old.sync(&lake)).unwrap();
    block_on(lake.compact::<Order>()).unwrap();
    assert_eq!(sort_orders(&lake), ["_object id"]);
    let Order { total, placed, .. } = order(2);
    let new = Options::new().object("new").open_in_memory(collections![grown::Order]).unwrap();
    new.insert(&grown::Order { id: 2, total, placed, remark: None, count: 9 }).unwrap();
    block_on(new.sync(&lake)).unwrap();
    old.insert(&order(4)).unwrap();
    block_on(old.sync(&lake)).unwrap();
    block_on(lake.compact::<grown::Order>()).unwrap();
    let mut all = block_on(lake.find::<grown::Order>(|_| Filter::all()).all()).unwrap();
    all.sort_by_key(|order| order.id);
    let told: Vec<_> = all.iter().map(|order| (order.id, order.remark.as_deref(), order.count)).collect();
    assert_eq!(told, [(1, Some("note 1"), 5), (2, None, 9), (4, Some("note 4"), 5)]);
    assert_eq!(sort_orders(&lake), ["_object id", "remark -placed"]);
}

#[test]
fn lakes_that_race_in_a_real_catalog_bring_each_event_once() {
    let Some(catalog) = Catalog::start() else { return };
    let url = &catalog.url;
    std::thread::scope(|threads| {
        for at in 0..3 {
            threads.spawn(move || {
                let lake = block_on(Lake::open(url)).unwrap();
                let options = Options::new().object(format!("object-{at}"));
                let db = options.open_in_memory(collections![Order]).unwrap();
                for id in 0..5 {
                    db.insert(&order(id)).unwrap();
                    block_on(db.sync(&lake)).unwrap();
                }
            });
        }
    });
    let lake = catalog.lake();
    assert_eq!(found(&lake).len(), 15);
    assert_eq!(records(&lake), 15, "each event once");
}
