//! Names of collections and folders: the files of a lake are where the tables' metadata says.
#![cfg(feature = "lake")]
#![allow(clippy::unwrap_used)]

use futures_executor::block_on;
use terrace::{
    Cause,
    cold::{Lake, MappingError},
    prelude::*,
};

#[derive(Collection, Clone, Debug, PartialEq)]
#[collection(name = "bücher")]
struct Book {
    #[id]
    id: i64,
    tïtle: String,
}

#[test]
fn files_are_where_the_metadata_says() -> Result<(), StorageError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a lake, 100% {für} 'alle' ~ [1] #x ?");
    let lake = block_on(Lake::open(path.to_str().unwrap()))?;
    let db = Db::open_in_memory(collections![Book])?;
    let book = Book { id: 1, tïtle: "Öl".into() };
    db.insert(&book)?;
    block_on(db.sync(&lake))?;
    block_on(lake.compact::<Book>())?;
    assert_eq!(block_on(lake.tables())?, ["bücher", "bücher_changes"]);
    assert_eq!(block_on(lake.find::<Book>(|_| Filter::all()).all())?, [book]);
    let metadata = std::fs::read(path.join("bücher/metadata/v2.metadata.json")).unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&metadata).unwrap();
    let list = metadata["snapshots"][0]["manifest-list"].as_str().unwrap();
    assert!(std::path::Path::new(list.strip_prefix("file://").unwrap()).exists(), "{list}");
    Ok(())
}

#[test]
fn a_collection_is_refused_the_changelog_of_another() -> Result<(), StorageError> {
    #[derive(Collection)]
    struct Part {
        #[id]
        id: i64,
    }

    #[derive(Collection)]
    struct PartChanges {
        #[id]
        id: i64,
    }

    let lake = block_on(Lake::open("memory://"))?;
    let db = Db::open_in_memory(collections![Part, PartChanges])?;
    db.insert(&Part { id: 1 })?;
    db.insert(&PartChanges { id: 2 })?;
    block_on(db.sync(&lake))?;
    let error = block_on(lake.compact::<PartChanges>()).expect_err("the table is that of `part`");
    assert!(error.to_string().contains("is the changelog of another collection"), "{error}");
    let is_taken =
        matches!(&error.source, Cause::Mapping(error) if matches!(**error, MappingError::Taken { .. }));
    assert!(is_taken, "{error:?}");
    assert_eq!(block_on(lake.compact::<Part>())?.events, 1, "the other one goes on");
    Ok(())
}
