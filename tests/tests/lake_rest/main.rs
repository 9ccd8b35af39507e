//! A REST catalog: what was synced through it is found through it, each event once, whatever becomes of its answers.
//!
//! Invariant 4.
#![cfg(feature = "rest")]
#![allow(clippy::unwrap_used)] // the world of a test

mod real;
mod server;

use futures_executor::block_on;
use server::{Fault, Server};
use terrace::{
    Cause, Operation,
    cold::{
        CatalogError, Expiry, Lake, LakeError, RestErrorKind,
        iceberg::{SortField, SortOrder},
    },
    hot::Options,
    prelude::*,
};

#[derive(Collection, Clone, Debug, PartialEq)]
#[collection(partition(bucket(4, object), day(placed)))]
struct Order {
    #[id]
    id: i64,
    total: Decimal<9, 2>,
    placed: Timestamp,
    note: Option<String>,
}

fn order(id: i64) -> Order {
    Order {
        id,
        total: Decimal::from_unscaled(i128::from(id)).unwrap(),
        placed: Timestamp::from_micros(id * 3_600_000_000),
        note: (id % 3 != 0).then(|| format!("note {id}")),
    }
}

mod grown {
    use terrace::prelude::*;

    /// With another column, one that is renamed, and another sort order.
    #[derive(Collection, Clone, Debug, PartialEq)]
    #[collection(partition(bucket(4, object), day(placed)), sort(remark, -placed))]
    pub(super) struct Order {
        #[id]
        pub(super) id: i64,
        pub(super) total: Decimal<9, 2>,
        pub(super) placed: Timestamp,
        #[was("note")]
        pub(super) remark: Option<String>,
        #[column(fill = 5)]
        pub(super) count: i64,
    }
}

/// The sort orders of the state table, the present one last, by the names that columns have now.
fn sort_orders(lake: &Lake) -> Vec<String> {
    let table = block_on(lake.metadata("order")).unwrap().unwrap();
    let mut orders = table.sort_orders.clone();
    orders.retain(|order| !order.fields.is_empty());
    orders.sort_by_key(|order| order.order_id == table.default_sort_order_id);
    assert_eq!(orders.last(), table.sort_order());
    let field = |field: &SortField| {
        let sign = if field.direction == "desc" { "-" } else { "" };
        format!("{sign}{}", table.schema().unwrap().field_by_id(field.source_id).unwrap().name)
    };
    let told = |order: &SortOrder| order.fields.iter().map(field).collect::<Vec<_>>().join(" ");
    orders.iter().map(told).collect()
}

/// A catalog, and an object with three orders.
struct World {
    _folder: tempfile::TempDir,
    server: Server,
    db: Db,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start(folder.path());
        let db = Db::open_in_memory(collections![Order]).unwrap();
        db.insert_all(&(0..3).map(order).collect::<Vec<_>>()).unwrap();
        Self { _folder: folder, server, db }
    }

    fn open(&self) -> Result<Lake, StorageError> {
        block_on(Lake::open(&format!("{}?warehouse=w", self.server.url)))
    }

    /// What the work of a lake is, from its opening to its expiry.
    fn work(&self) -> Result<(), StorageError> {
        let lake = self.open()?;
        block_on(self.db.sync(&lake))?;
        block_on(lake.compact::<Order>())?;
        let before = Timestamp::from_micros(i64::MAX);
        block_on(lake.expire::<Order>(Expiry { before, keep: 1 }))?;
        Ok(())
    }

    fn check(&self, what: &str) {
        let lake = self.open().unwrap();
        let mut found = block_on(lake.find::<Order>(|_| Filter::all()).all()).unwrap();
        found.sort_by_key(|order| order.id);
        assert_eq!(found, self.db.all::<Order>().all().unwrap(), "{what}");
        let events = self.db.changes().head().unwrap();
        assert_eq!(self.records(), events.to_string(), "{what}: each event once");
    }

    /// How many events the changelog table holds.
    fn records(&self) -> String {
        let state = self.server.state();
        state.tables["order_changes"].snapshot().unwrap().summary["total-records"].clone()
    }
}

fn kind(error: &StorageError) -> RestErrorKind {
    match &error.source {
        Cause::Catalog(CatalogError::Rest(error)) => error.kind,
        other => panic!("not of the catalog: {other:?}"),
    }
}

#[test]
fn what_was_synced_is_found() {
    let world = World::new();
    world.work().unwrap();
    world.check("at first");
    world.db.update::<Order>(1, |order| order.note = Some("changed".into())).unwrap();
    world.db.delete::<Order>(2).unwrap();
    world.work().unwrap();
    world.check("afterwards");
    let lake = world.open().unwrap();
    assert_eq!(block_on(lake.tables()).unwrap(), ["order", "order_changes"]);
    assert_eq!(world.server.state().namespaces, [["terrace"]]);
}

#[test]
fn a_new_sort_order_goes_through_the_catalog() {
    let world = World::new();
    world.work().unwrap();
    let lake = world.open().unwrap();
    assert_eq!(sort_orders(&lake), ["_object id"]);
    let db = Options::new().object("grown").open_in_memory(collections![grown::Order]).unwrap();
    let Order { total, placed, .. } = order(2);
    db.insert(&grown::Order { id: 2, total, placed, remark: None, count: 9 }).unwrap();
    block_on(db.sync(&lake)).unwrap();
    block_on(lake.compact::<grown::Order>()).unwrap();
    assert_eq!(sort_orders(&lake), ["_object id", "remark -placed"]);
}

#[test]
fn a_namespace_of_levels_is_made() {
    let world = World::new();
    let lake = block_on(Lake::open(&format!("{}?warehouse=w&namespace=a.b", world.server.url))).unwrap();
    assert!(block_on(lake.tables()).unwrap().is_empty());
    block_on(world.db.sync(&lake)).unwrap();
    assert_eq!(world.server.state().namespaces, [vec!["a"], vec!["a", "b"]]);
}

#[test]
fn lakes_that_race_bring_each_event_once() {
    let world = World::new();
    let url = format!("{}?warehouse=w", world.server.url);
    let race = &|object: String| {
        let lake = block_on(Lake::open(&url)).unwrap();
        let db = Options::new().object(object).open_in_memory(collections![Order]).unwrap();
        for id in 0..10 {
            db.insert(&order(id)).unwrap();
            block_on(db.sync(&lake)).unwrap();
        }
    };
    std::thread::scope(|threads| {
        for at in 0..3 {
            threads.spawn(move || race(format!("object-{at}")));
        }
    });
    let lake = world.open().unwrap();
    assert_eq!(block_on(lake.find::<Order>(|_| Filter::all()).all()).unwrap().len(), 30);
    assert_eq!(world.records(), "30", "each event once");
}

/// Each request in turn meets each fault. Of a change the outcome is then looked into, so that only the question for an answer
/// that never came is the caller's to ask again.
#[test]
fn a_fault_of_any_request_loses_and_doubles_nothing() {
    let world = World::new();
    world.work().unwrap();
    let mut requests = world.server.state().requests.clone();
    requests.retain(|request| !request.contains("/v1/config"));
    assert!(requests.len() > 10, "{requests:?}");
    let faults = [
        Fault::Conflict,
        Fault::FailsBefore,
        Fault::FailsAfter,
        Fault::LostBefore,
        Fault::LostAfter,
        Fault::Garbled,
    ];
    for fault in faults {
        for (at, request) in requests.iter().enumerate() {
            let world = World::new();
            let mut planted = vec![Fault::None; at];
            planted.push(fault);
            world.server.state().faults = planted.into();
            let what = format!("{fault:?} of request {at}, {request}");
            if let Err(error) = world.work() {
                let told = error.to_string();
                assert!(request.starts_with("GET") || error.operation == Operation::Expire, "{what}: {told}");
                assert!(told.contains("try again") || told.contains("came first"), "{what}: {told}");
                world.work().unwrap_or_else(|error| panic!("{what}, tried again: {error}"));
            }
            assert!(world.server.state().faults.is_empty(), "{what}: it was met");
            world.check(&what);
        }
    }
}

#[test]
fn a_catalog_that_fails_for_long_keeps_the_log() {
    let world = World::new();
    world.work().unwrap();
    let lake = world.open().unwrap();
    world.db.insert(&order(7)).unwrap();
    for fault in [Fault::FailsAfter, Fault::FailsBefore, Fault::LostBefore] {
        world.server.state().faults = [fault; 100].into();
        let error = block_on(world.db.sync(&lake)).unwrap_err();
        assert_eq!(kind(&error), RestErrorKind::Unknown);
        assert!(error.to_string().contains("it is safe to try again"), "{error}");
        assert_eq!(world.db.sync_state(&lake).unwrap().pending, 1);
    }
    world.server.state().faults.clear();
    block_on(world.db.sync(&lake)).unwrap();
    world.check("when it is back");
}

#[test]
fn refusals_are_typed_and_name_the_table() {
    let world = World::new();
    world.work().unwrap();
    let lake = world.open().unwrap();
    world.db.insert(&order(7)).unwrap();
    for (status, expected) in
        [(400, RestErrorKind::Refused), (401, RestErrorKind::Denied), (403, RestErrorKind::Denied)]
    {
        world.server.state().faults = [Fault::Status(status); 100].into();
        let error = block_on(world.db.sync(&lake)).unwrap_err();
        assert_eq!((kind(&error), error.operation), (expected, Operation::Sync));
        let told = error.to_string();
        assert!(
            told.contains("/namespaces/terrace/tables/order_changes`") && told.contains("planted"),
            "{told}"
        );
        assert_eq!(world.db.sync_state(&lake).unwrap().pending, 1);
    }
}

#[test]
fn a_catalog_that_is_not_there_is_named() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = block_on(Lake::open(&format!("http://127.0.0.1:{port}/x"))).unwrap_err();
    assert_eq!((kind(&error), error.operation), (RestErrorKind::Unknown, Operation::Open));
    assert!(error.to_string().contains(&format!("127.0.0.1:{port}/x/v1/config")), "{error}");
    for url in ["http://", "https://host?bucket=x"] {
        let error = block_on(Lake::open(url)).unwrap_err();
        assert!(matches!(error.source, Cause::Lake(LakeError::Url { .. })), "{error}");
    }
}

#[test]
fn a_place_that_cannot_be_read_is_named() {
    let world = World::new();
    world.work().unwrap();
    let lake = world.open().unwrap();
    world.server.state().tables.get_mut("order_changes").unwrap().location = "gs://bucket/there".into();
    let error = block_on(lake.find::<Order>(|_| Filter::all()).all()).unwrap_err();
    assert!(error.to_string().contains("the table `order_changes` is at `gs://bucket/there`"), "{error}");
}

/// The token comes from the environment, so this test runs itself again in another.
#[test]
fn the_token_of_the_environment_is_sent() {
    let world = World::new();
    world.server.state().token = Some("Bearer a token".into());
    if std::env::var("TERRACE_CATALOG_TOKEN").is_ok() {
        world.work().unwrap();
        return world.check("with a token");
    }
    let error = world.open().unwrap_err();
    assert_eq!(kind(&error), RestErrorKind::Denied);
    assert!(error.to_string().contains("TERRACE_CATALOG_TOKEN"), "{error}");
    let mut again = std::process::Command::new(std::env::current_exe().unwrap());
    again.args(["--exact", "the_token_of_the_environment_is_sent"]).env("TERRACE_CATALOG_TOKEN", "a token");
    assert!(again.status().unwrap().success());
}
