//! A lake in a store that speaks S3: synced and kept there, raced for, and its refusals.
//!
//! Invariant 4. The store is moto's, with real conditional puts, in the Python environment of `cargo xtask test`.
#![cfg(feature = "s3")]
#![allow(clippy::unwrap_used)] // the world of a test

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    time::Duration,
};

use futures_executor::block_on;
use terrace::{
    Cause,
    cold::{CatalogError, Expiry, Lake, StoreErrorKind},
    hot::Options,
    prelude::*,
    snapshots::{Keep, SnapshotKind},
};

#[derive(Collection, Clone, Debug, PartialEq)]
struct Order {
    #[id]
    id: i64,
    note: String,
}

fn order(id: i64) -> Order {
    Order { id, note: format!("note {id}") }
}

const BUCKET: &str = "lake";

/// moto on a port of this machine.
struct Moto {
    child: Child,
    address: String,
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Moto {
    /// The server, with a bucket; after so many requests it asks for the credentials of a user, of which there is none. Nothing
    /// where there is no Python for it.
    fn start(unchecked: &str) -> Option<Self> {
        let Some(python) = std::env::var_os("TERRACE_PYTHON") else {
            println!(
                "not run, since TERRACE_PYTHON names no Python that has moto; `cargo xtask test` makes one"
            );
            return None;
        };
        let mut command = Command::new(python);
        command.args(["-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]);
        command.env("INITIAL_NO_AUTH_ACTION_COUNT", unchecked);
        let mut child = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let address = lines.find_map(|line| Some(line.split_once("Running on http://")?.1.trim().to_owned()));
        // Its log has to go on being read.
        std::thread::spawn(move || lines.for_each(drop));
        let moto = Self { child, address: address.expect("moto says where it is") };
        moto.make_bucket();
        Some(moto)
    }

    fn make_bucket(&self) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let host = &self.address;
        write!(stream, "PUT /{BUCKET} HTTP/1.0\r\nHost: {host}\r\nContent-Length: 0\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.lines().next().unwrap().contains("200"), "{answer}");
    }
}

/// Runs a test against a store. Where that is and its credentials come from the environment, so that the test runs itself again
/// in one that has them.
fn in_environment(test: &str, endpoint: &str, body: impl FnOnce()) {
    if std::env::var("AWS_ENDPOINT").is_ok() {
        return body();
    }
    let mut again = Command::new(std::env::current_exe().unwrap());
    again.args(["--exact", test, "--nocapture"]).envs([
        ("AWS_ENDPOINT", endpoint),
        ("AWS_ALLOW_HTTP", "true"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "a-key"),
        ("AWS_SECRET_ACCESS_KEY", "a-secret"),
    ]);
    assert!(again.status().unwrap().success());
}

fn with_store(test: &str, unchecked: &str, body: impl FnOnce()) {
    if std::env::var("AWS_ENDPOINT").is_ok() {
        return body();
    }
    let Some(moto) = Moto::start(unchecked) else { return };
    in_environment(test, &format!("http://{}", moto.address), body);
}

fn open() -> Lake {
    block_on(Lake::open(&format!("s3://{BUCKET}/some/where"))).unwrap()
}

/// The error of the store that a sync ends with; what the object has stays there.
fn refused(lake: &Lake) -> (StoreErrorKind, String) {
    let db = Db::open_in_memory(collections![Order]).unwrap();
    db.insert(&order(1)).unwrap();
    let error = block_on(db.sync(lake)).unwrap_err();
    assert_eq!(db.sync_state(lake).unwrap().pending, 1, "nothing is lost");
    let told = error.to_string();
    match error.source {
        Cause::Store(error) | Cause::Catalog(CatalogError::Store(error)) => (error.kind, told),
        other => panic!("not of the store: {other:?}"),
    }
}

#[test]
fn what_was_synced_is_found_and_kept() {
    with_store("what_was_synced_is_found_and_kept", "inf", || {
        let lake = open();
        let db = Db::open_in_memory(collections![Order]).unwrap();
        db.insert_all(&(0..100).map(order).collect::<Vec<_>>()).unwrap();
        assert_eq!(block_on(db.sync(&lake)).unwrap().events, 100);
        db.delete::<Order>(7).unwrap();
        block_on(db.sync(&lake)).unwrap();
        block_on(lake.compact::<Order>()).unwrap();
        let before = Timestamp::from_micros(i64::MAX);
        let removed = block_on(lake.expire::<Order>(Expiry { before, keep: 1 })).unwrap();
        assert!(removed.files > 0);
        block_on(lake.remove_orphans("order", Duration::ZERO)).unwrap();
        let lake = open();
        let mut found = block_on(lake.find::<Order>(|_| Filter::all()).all()).unwrap();
        found.sort_by_key(|order| order.id);
        assert_eq!(found, db.all::<Order>().all().unwrap());
        assert_eq!(block_on(lake.tables()).unwrap(), ["order", "order_changes"]);
    });
}

#[test]
fn committers_that_race_bring_each_event_once() {
    const COMMITTERS: i64 = 4;
    const SYNCS: i64 = 4;
    with_store("committers_that_race_bring_each_event_once", "inf", || {
        std::thread::scope(|threads| {
            for at in 0..COMMITTERS {
                threads.spawn(move || {
                    let lake = open();
                    let options = Options::new().object(format!("object-{at}"));
                    let db = options.open_in_memory(collections![Order]).unwrap();
                    for id in 0..SYNCS {
                        db.insert(&order(at * SYNCS + id)).unwrap();
                        block_on(db.sync(&lake)).unwrap();
                    }
                });
            }
        });
        let lake = open();
        let found = block_on(lake.find::<Order>(|_| Filter::all()).all()).unwrap();
        let mut ids: Vec<i64> = found.into_iter().map(|order| order.id).collect();
        ids.sort_unstable();
        assert_eq!(ids, (0..COMMITTERS * SYNCS).collect::<Vec<_>>());
        let table = block_on(lake.metadata("order_changes")).unwrap().unwrap();
        let records = &table.snapshot().unwrap().summary["total-records"];
        assert_eq!(*records, (COMMITTERS * SYNCS).to_string());
    });
}

#[test]
fn snapshots_are_archived_read_kept_and_removed() {
    with_store("snapshots_are_archived_read_kept_and_removed", "inf", || {
        let archive = open().archive("shops");
        let db = Options::new().object("a/ü").open_in_memory(collections![Order]).unwrap();
        let mut taken = Vec::new();
        for id in 0..4 {
            db.insert(&order(id)).unwrap();
            let snapshot = db.snapshots().create(SnapshotKind::Incremental).unwrap().id;
            block_on(archive.promote(&db, snapshot)).unwrap();
            block_on(archive.promote(&db, snapshot)).unwrap(); // as after an answer that was lost
            taken.push(snapshot);
        }
        let ids = || -> Vec<_> {
            let all = block_on(open().archive("shops").list("a/ü")).unwrap();
            all.iter().map(|snapshot| snapshot.id).collect()
        };
        assert_eq!(ids(), taken);
        block_on(archive.hold("a/ü", taken[0])).unwrap();
        block_on(archive.delete("a/ü", taken[1])).unwrap();
        assert!(block_on(archive.delete("a/ü", taken[0])).unwrap_err().to_string().contains("held"));
        let removed = block_on(archive.retain("a/ü", Keep { newest: 1, ..Keep::default() })).unwrap();
        assert_eq!((removed, ids()), (vec![taken[2]], vec![taken[0], taken[3]]));
        let copy = Db::open_in_memory(collections![Order]).unwrap();
        for (id, documents) in [(taken[0], 1), (taken[3], 4)] {
            block_on(archive.verify("a/ü", id)).unwrap();
            assert_eq!(block_on(archive.restore(&copy, "a/ü", id)).unwrap().documents, documents);
            assert_eq!(
                copy.all::<Order>().all().unwrap(),
                (0..documents.cast_signed()).map(order).collect::<Vec<_>>()
            );
        }
    });
}

#[test]
fn credentials_that_are_wrong_are_told_with_the_file() {
    with_store("credentials_that_are_wrong_are_told_with_the_file", "1", || {
        let (kind, told) = refused(&open());
        assert_eq!(kind, StoreErrorKind::Denied, "{told}");
        assert!(told.contains("order_changes/metadata") && told.contains("credentials"), "{told}");
    });
}

#[test]
fn a_bucket_that_is_not_there_is_told_with_the_file() {
    with_store("a_bucket_that_is_not_there_is_told_with_the_file", "inf", || {
        let (kind, told) = refused(&block_on(Lake::open("s3://other")).unwrap());
        assert_eq!(kind, StoreErrorKind::NotFound, "{told}");
        assert!(told.contains("order_changes/metadata"), "{told}");
    });
}

#[test]
fn an_endpoint_that_is_not_there_is_told_with_the_file() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let endpoint = format!("http://127.0.0.1:{port}");
    in_environment("an_endpoint_that_is_not_there_is_told_with_the_file", &endpoint, || {
        let (kind, told) = refused(&open());
        assert_eq!(kind, StoreErrorKind::Unknown, "{told}");
        assert!(told.contains("order_changes/metadata") && told.contains("safe to try again"), "{told}");
    });
}
