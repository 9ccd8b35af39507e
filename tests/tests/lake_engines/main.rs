//! Other engines read what the lake holds: `PyIceberg` and `DuckDB` agree with the objects row by row and column by column, over
//! every type, changes of the struct by objects with old and new code, partitions, compaction, expiry, forks, and back to
//! every snapshot that is kept.
//!
//! `TERRACE_PYTHON` names a Python with the packages of `lake/requirements.txt`; `cargo xtask test` makes one.
#![cfg(feature = "lake")]
#![allow(clippy::unwrap_used)]

mod archive;
mod engines;
mod oracle;
mod things;
mod world;

use serde_json::json;
use terrace::{cold::Expiry, prelude::*};
use terrace_tests::seed;

use things::{First, Second, Third};
use world::{World, block};

/// Where the lake is, and what its objects are called: other engines have to find the files all the same.
const FOLDER: &str = "a lake, für alle";
const A: &str = "object a/ü 'quoted' \"twice\" {1}";
const B: &str = "b";
const C: &str = "c%20\n=?";

#[test]
fn other_engines_read_what_the_objects_hold() -> Result<(), StorageError> {
    let Some(mut world) = World::new(seed(), FOLDER) else { return Ok(()) };
    world.sync_nothing::<First>(A)?;
    world.check("a table without a snapshot");

    world.insert::<First>(A, 0..60)?;
    world.insert::<First>(B, 0..40)?;
    world.sync::<First>(A)?;
    world.sync::<First>(B)?;
    world.check("two objects");

    world.change::<First>(A, 60)?;
    world.change::<First>(B, 40)?;
    world.sync::<First>(A)?;
    world.compact()?;
    world.sync::<First>(B)?;
    world.check("updates and deletes, of one object in the state table");
    world.compact()?;
    world.check("all in the state table");
    world.check_sort(&[("_object", "ASC", "NULLS_FIRST"), ("id", "ASC", "NULLS_FIRST")]);

    world.change::<First>(A, 9)?;
    world.change::<First>(B, 9)?;
    world.sync::<First>(A)?;
    world.sync::<First>(B)?;
    world.compact()?;
    world.check("rows that are deleted by their places");
    let state = block(world.lake.metadata("thing"))?.unwrap();
    // of the file with both objects, and of that with what B had changed before, if it is that again
    let deletes = &*state.snapshot().unwrap().summary["added-position-delete-files"];
    assert!(["1", "2"].contains(&deletes), "{deletes} files of deletes");

    world.sync::<Second>(A)?; // the table follows the struct
    world.check("a new struct, and no event of it");
    world.compact()?;
    world.check("fills in the state table, where no document has changed");
    world.check_sort(&[
        ("o_text", "ASC", "NULLS_FIRST"),
        ("byte", "DESC", "NULLS_LAST"),
        ("d38", "ASC", "NULLS_FIRST"),
        ("o_double", "DESC", "NULLS_LAST"),
        ("_object", "ASC", "NULLS_FIRST"),
    ]);
    world.check_own::<Second>(A)?;
    world.change::<Second>(A, 60)?;
    world.change::<First>(B, 40)?;
    world.sync::<Second>(A)?;
    world.sync::<First>(B)?;
    world.check("old code beside new");
    world.compact()?;
    world.check("old code beside new, compacted");

    world.fork::<Second>(A)?;
    world.change::<Second>(A, 60)?;
    world.sync::<Second>(A)?;
    world.check("a fork");
    world.check_own::<Second>(A)?;
    world.compact()?;
    world.change::<Second>(B, 50)?;
    world.sync::<Second>(B)?;
    world.compact()?;
    world.check("a fork, compacted, and the other object with new code");
    for object in [A, B] {
        world.check_own::<Second>(object)?;
    }
    world.check_filters();

    world.change::<Third>(A, 60)?;
    world.sync::<Third>(A)?;
    world.change::<Second>(B, 50)?;
    world.sync::<Second>(B)?;
    world.insert::<Third>(C, 0..30)?;
    world.sync::<Third>(C)?;
    world.check("a third struct, and a column of a partition that is gone");
    world.compact()?;
    world.change::<Third>(B, 50)?;
    world.sync::<Third>(B)?;
    world.compact()?;
    world.check("other partitions");
    world.check_sort(&[
        ("title", "DESC", "NULLS_LAST"),
        ("o_uuid", "DESC", "NULLS_LAST"),
        ("o_d38", "ASC", "NULLS_FIRST"),
        ("single", "ASC", "NULLS_FIRST"),
        ("bytes", "DESC", "NULLS_LAST"),
        ("o_flag", "ASC", "NULLS_FIRST"),
        ("id", "DESC", "NULLS_LAST"),
    ]);
    for object in [A, B, C] {
        world.check_own::<Third>(object)?;
    }
    world.check_filters();
    world.check_all();

    world.expire(Expiry { before: Timestamp::from_micros(i64::MAX), keep: 3 })?;
    world.check_all();
    world.empty::<Third>(A)?;
    world.sync::<Third>(A)?;
    world.compact()?;
    world.check("an object without documents");
    world.check_all();
    world.report();
    Ok(())
}

#[test]
fn what_pyiceberg_writes_is_read() -> Result<(), StorageError> {
    let Some(mut world) = World::new(seed(), "lake") else { return Ok(()) };
    world.insert::<Second>(B, 0..30)?;
    world.sync::<Second>(B)?;
    world.compact()?;
    let written = world.engines.ask(&json!({ "do": "write", "table": world.table("thing") }));
    let id = |name: &str| written[name][1].as_i64().unwrap();
    let found = block(world.lake.find::<Second>(|_| Filter::all()).all())?;
    assert_eq!(found.len(), 30, "one more and one less");
    assert!(found.iter().any(|thing| thing.id == 1_000_000));
    assert!(found.iter().all(|thing| thing.id != id("deleted")));
    let overwritten = found.iter().find(|thing| thing.id == id("overwritten")).unwrap();
    let mut row = terrace::value::RowBuf::new();
    overwritten.write(&mut row).unwrap();
    let long = Second::SCHEMA.column("long").unwrap();
    assert_eq!(terrace::value::Row::value(&row, long).unwrap(), terrace::value::ValueRef::Integer(4711));
    world.change::<Second>(B, 40)?;
    world.sync::<Second>(B)?;
    world.compact()?;
    let found = block(world.lake.find::<Second>(|_| Filter::all()).object(B).all())?;
    assert!(found.iter().any(|thing| thing.id == 1_000_000), "what was written there stays");
    world.engines.ask(&json!({ "do": "inspect", "table": world.table("thing") }));
    Ok(())
}
