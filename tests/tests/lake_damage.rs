//! A lake whose files were damaged or removed, or that holds other tables than the struct asks for.
//!
//! Whatever was done to a file: what is read is right, or an error names the file; nothing more is lost, and with the file as it
//! was everything is there again.
#![cfg(feature = "lake")]
#![allow(clippy::unwrap_used)] // the world of a test

use std::{
    fs,
    path::{Path, PathBuf},
};

use futures_executor::block_on;
use terrace::{
    Cause,
    cold::{CatalogError, Lake, MappingError, StoreErrorKind},
    prelude::*,
};
use terrace_tests::copy_folder;

#[derive(Collection, Clone, Debug, PartialEq)]
struct Order {
    #[id]
    id: i64,
    note: String,
}

fn order(id: i64) -> Order {
    Order { id, note: format!("note {id}") }
}

/// A folder with an object and a lake, and a copy of it.
struct World {
    folder: tempfile::TempDir,
}

impl World {
    /// The lake has both tables, rows that were deleted, and events that are not compacted.
    fn new() -> Self {
        let world = Self { folder: tempfile::tempdir().unwrap() };
        let (db, lake) = (world.db(), world.lake());
        db.insert_all(&(0..20).map(order).collect::<Vec<_>>()).unwrap();
        block_on(db.sync(&lake)).unwrap();
        block_on(lake.compact::<Order>()).unwrap();
        db.update::<Order>(3, |order| order.note = "changed".into()).unwrap();
        db.delete::<Order>(4).unwrap();
        block_on(db.sync(&lake)).unwrap();
        block_on(lake.compact::<Order>()).unwrap();
        db.insert(&order(30)).unwrap();
        block_on(db.sync(&lake)).unwrap();
        db.insert(&order(31)).unwrap();
        drop(db);
        copy_folder(&world.at("now"), &world.at("before")).unwrap();
        world
    }

    fn at(&self, name: &str) -> PathBuf {
        let folder = self.folder.path().join(name);
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    fn db(&self) -> Db {
        Db::open(self.at("now").join("object.db"), collections![Order]).unwrap()
    }

    fn lake(&self) -> Lake {
        block_on(Lake::open(self.at("now/lake").to_str().unwrap())).unwrap()
    }

    /// As it was.
    fn again(&self) {
        fs::remove_dir_all(self.at("now")).unwrap();
        copy_folder(&self.at("before"), &self.at("now")).unwrap();
    }

    /// The files of the lake, below its folder.
    fn files(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        let mut folders = vec![self.at("now/lake")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() { folders.push(path) } else { files.push(path) }
            }
        }
        files.sort();
        files
    }
}

fn found(lake: &Lake) -> Result<Vec<Order>, StorageError> {
    let mut found = block_on(lake.find::<Order>(|_| Filter::all()).all())?;
    found.sort_by_key(|order| order.id);
    Ok(found)
}

/// What was done, or an error that names the file.
fn right_or_named<R>(done: Result<R, StorageError>, file: &Path, what: &str) -> Option<R> {
    let name = file.file_name().unwrap().to_str().unwrap();
    done.map_err(|error| assert!(error.to_string().contains(name), "{what}: {error}")).ok()
}

#[test]
fn a_damaged_or_missing_file_is_named_and_loses_nothing_else() {
    let world = World::new();
    let synced = found(&world.lake()).unwrap();
    assert_eq!(synced.len(), 20);
    let history = block_on(world.lake().history::<Order>(3)).unwrap();
    let mut named = 0;
    for file in world.files() {
        let bytes = fs::read(&file).unwrap();
        let damages = [None, Some(bytes[..bytes.len() / 2].to_vec()), Some(vec![0; bytes.len()])];
        for (at, damage) in damages.into_iter().enumerate() {
            match damage {
                None => fs::remove_file(&file).unwrap(),
                Some(instead) => fs::write(&file, instead).unwrap(),
            }
            let what = format!("{} {}", ["removed", "cut", "overwritten"][at], file.display());
            let (db, lake) = (world.db(), world.lake());
            match right_or_named(found(&lake), &file, &what) {
                Some(orders) => assert_eq!(orders, synced, "{what}"),
                None => named += 1,
            }
            if let Some(versions) = right_or_named(block_on(lake.history::<Order>(3)), &file, &what) {
                assert_eq!(versions, history, "{what}");
            }
            right_or_named(block_on(db.sync(&lake)), &file, &what);
            right_or_named(block_on(lake.compact::<Order>()), &file, &what);
            fs::write(&file, &bytes).unwrap();
            block_on(db.sync(&lake)).unwrap_or_else(|error| panic!("{what}, repaired: {error}"));
            block_on(lake.compact::<Order>()).unwrap_or_else(|error| panic!("{what}, repaired: {error}"));
            assert_eq!(found(&lake).unwrap(), db.all::<Order>().all().unwrap(), "{what}, repaired");
            drop(db);
            world.again();
        }
    }
    assert!(named > 10, "{named}");
}

#[test]
fn a_lake_that_has_lost_its_newest_version_does_not_go_back_to_an_older_one() {
    let world = World::new();
    let newest = |file: &PathBuf| {
        let number = file.file_name()?.to_str()?.strip_prefix('v')?.split('.').next()?.parse::<u32>().ok()?;
        Some((file.parent()?.ends_with("order_changes/metadata"), number))
    };
    let file = world.files().into_iter().max_by_key(newest).unwrap();
    fs::remove_file(&file).unwrap();
    let error = block_on(world.db().sync(&world.lake())).unwrap_err();
    assert!(matches!(error.source, Cause::Catalog(CatalogError::Damaged { .. })), "{error}");
    assert!(error.to_string().contains(file.file_name().unwrap().to_str().unwrap()), "{error}");
}

#[test]
fn a_folder_that_is_a_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("taken");
    fs::write(&file, "taken").unwrap();
    let error = block_on(Lake::open(file.to_str().unwrap())).unwrap_err();
    assert!(error.to_string().contains("taken"), "{error}");
    assert!(matches!(error.source, Cause::Store(store) if store.kind == StoreErrorKind::Unknown));
}

mod other {
    use terrace::prelude::*;

    #[derive(Collection, Clone, Debug, PartialEq)]
    pub(crate) struct Order {
        #[id]
        pub(crate) id: String,
    }
}

#[test]
fn a_table_of_another_schema_is_named_and_kept() {
    let world = World::new();
    let before = found(&world.lake()).unwrap();
    let db = Db::open_in_memory(collections![other::Order]).unwrap();
    db.insert(&other::Order { id: "a".into() }).unwrap();
    let error = block_on(db.sync(&world.lake())).unwrap_err();
    assert!(error.to_string().contains("column `id` is `long` in the table `order_changes`"), "{error}");
    assert!(matches!(error.source, Cause::Mapping(problem) if matches!(*problem, MappingError::Type { .. })));
    assert_eq!(db.sync_state(&world.lake()).unwrap().pending, 1, "nothing is lost");
    assert_eq!(found(&world.lake()).unwrap(), before);
}

#[test]
fn a_table_of_others_is_named_and_kept() {
    let world = World::new();
    let version_1 = world.at("now/lake/order_changes/metadata").join("v1.metadata.json");
    let mut foreign: serde_json::Value = serde_json::from_slice(&fs::read(&version_1).unwrap()).unwrap();
    foreign["properties"] = serde_json::json!({});
    let foreign = foreign.to_string().replace("_lineage", "line");
    for (metadata, words) in [
        (
            foreign.clone(),
            "the table `order_changes` is not one that terrace made: it has no column `_lineage`",
        ),
        (foreign.replace("\"format-version\":2", "\"format-version\":3"), "format version 3"),
    ] {
        fs::remove_dir_all(world.at("now/lake")).unwrap();
        let file = world.at("now/lake/order_changes/metadata").join("v1.metadata.json");
        fs::write(&file, &metadata).unwrap();
        let error = block_on(world.db().sync(&world.lake())).unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
        assert_eq!(fs::read_to_string(&file).unwrap(), metadata);
        assert_eq!(world.files().len(), 1, "{:?}", world.files());
    }
}
