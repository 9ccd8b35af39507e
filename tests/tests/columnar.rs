//! Columns, where several connections share a database: one that was opened when every document was a row goes on to
//! see and to write one exact collection.

use terrace::{Cause, hot::Maintenance, prelude::*};
use terrace_tests::{Place, documents, replayed};

#[derive(Collection, Clone, Debug, PartialEq)]
#[collection(columnar(threshold = 8))]
struct Thing {
    #[id]
    id: i64,
    #[unique]
    code: Option<i64>,
    text: String,
}

fn thing(id: i64) -> Thing {
    Thing { id, code: Some(-id), text: format!("thing {id}") }
}

#[derive(Collection, Clone, Debug, PartialEq)]
#[collection(columnar(threshold = 8))]
struct Plain {
    #[id]
    id: i64,
    text: String,
}

fn plain(id: i64) -> Plain {
    Plain { id, text: format!("plain {id}") }
}

/// What a connection does that was opened before documents moved.
type Stale = fn(&Db) -> Result<(), StorageError>;

const STALE: [(&str, Stale); 14] = [
    ("get", |db| {
        assert_eq!(db.get::<Thing>(3)?, Some(thing(3)));
        Ok(())
    }),
    ("get of none", |db| {
        assert_eq!(db.get::<Thing>(100)?, None);
        Ok(())
    }),
    ("find", |db| {
        assert_eq!(db.find::<Thing>(|t| t.id.ge(40)).all()?.len(), 10);
        Ok(())
    }),
    ("each", |db| {
        let mut seen = Vec::new();
        db.all::<Thing>().order_by(|t| t.id.asc()).each(|thing| {
            seen.push(thing.id);
            Ok(())
        })?;
        assert!(seen.into_iter().eq(0..50));
        Ok(())
    }),
    ("count", |db| {
        assert_eq!(db.all::<Thing>().count()?, 50);
        Ok(())
    }),
    ("query", |db| {
        assert_eq!(db.query::<(i64,)>("SELECT count(*) FROM thing", ())?, [(50,)]);
        Ok(())
    }),
    ("insert", |db| {
        let refused = db.insert(&thing(3)).expect_err("it is in a group");
        assert!(
            matches!(&refused.source, Cause::NotUnique { columns, .. } if columns == "thing.id"),
            "{refused}"
        );
        db.insert(&thing(100))
    }),
    ("insert at once", |db| {
        db.insert(&plain(1_000))?;
        let refused = db.insert(&plain(3)).expect_err("it is in a group");
        assert!(
            matches!(&refused.source, Cause::NotUnique { columns, .. } if columns == "plain.id"),
            "{refused}"
        );
        db.insert(&plain(1_001))
    }),
    ("insert_all", |db| {
        assert!(db.insert_all(&[thing(100), thing(3)]).is_err());
        assert!(db.insert_all(&[thing(100), Thing { code: Some(-3), ..thing(101) }]).is_err());
        db.insert_all(&[thing(100), thing(101)]).map(drop)
    }),
    ("update", |db| db.update::<Thing>(3, |t| t.text.push('!')).map(drop)),
    ("upsert", |db| {
        db.upsert(&Thing { text: "other".into(), ..thing(4) })?;
        db.upsert(&thing(100)).map(drop)
    }),
    ("delete", |db| {
        assert!(db.delete::<Thing>(5)?);
        Ok(())
    }),
    ("bulk", |db| {
        assert_eq!(db.find::<Thing>(|t| t.id.lt(20)).update(|t| t.text.push('?'))?, 20);
        assert_eq!(db.find::<Thing>(|t| t.id.lt(30)).delete()?, 30);
        Ok(())
    }),
    ("in a transaction", |db| {
        db.transaction(|db| {
            db.insert(&thing(100))?;
            assert!(db.insert(&Thing { code: Some(-3), ..thing(101) }).is_err());
            db.update::<Thing>(3, |t| t.text.push('!'))?;
            assert!(db.update::<Thing>(4, |t| t.code = Some(-49)).is_err());
            db.delete::<Thing>(3).map(drop)
        })
    }),
];

#[test]
fn a_connection_that_knows_only_of_rows_sees_the_whole_collection() -> Result<(), StorageError> {
    for (name, run) in STALE {
        println!("{name}");
        let place = Place::new();
        let stale = place.open(collections![Thing, Plain])?;
        stale.insert_all(&(0..50).map(thing).collect::<Vec<_>>())?;
        stale.insert_all(&(0..50).map(plain).collect::<Vec<_>>())?;
        stale.insert(&plain(50))?;
        let other = place.open(collections![Thing, Plain])?;
        assert_eq!(other.maintain(Maintenance::default())?.moved, 42 + 43);
        run(&stale)?;
        let (things, plains) = (documents::<Thing>(&stale)?, documents::<Plain>(&stale)?);
        assert_eq!(things, documents::<Thing>(&other)?);
        let copy = replayed(&stale, collections![Thing, Plain])?;
        assert_eq!((documents::<Thing>(&copy)?, documents::<Plain>(&copy)?), (things, plains));
        assert_eq!(copy.checksum::<Thing>()?, stale.checksum::<Thing>()?);
    }
    Ok(())
}

#[test]
fn readers_see_every_document_once_while_others_move_them() -> Result<(), StorageError> {
    const DOCUMENTS: i64 = 200;
    let place = Place::new();
    let writer = place.open(collections![Plain])?;
    writer.insert_all(&(0..DOCUMENTS).map(plain).collect::<Vec<_>>())?;
    let reader = place.open(collections![Plain])?;
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let writing = scope.spawn(|| {
            let writer = writer;
            let moved = (0..150).try_for_each(|round| {
                writer.maintain(Maintenance::default())?;
                writer.find::<Plain>(|p| p.id.lt(round)).update(|p| p.text.push('!')).map(drop)
            });
            done.store(true, std::sync::atomic::Ordering::Relaxed);
            moved
        });
        let mut id = 0;
        while !done.load(std::sync::atomic::Ordering::Relaxed) {
            assert_eq!(reader.all::<Plain>().count()?, 200);
            let ids: Vec<i64> =
                reader.all::<Plain>().order_by(|p| p.id.asc()).all()?.iter().map(|p| p.id).collect();
            assert!(ids.into_iter().eq(0..DOCUMENTS));
            id = (id + 7) % DOCUMENTS;
            assert_eq!(reader.get::<Plain>(id)?.map(|p| p.id), Some(id));
        }
        writing.join().expect("the writer does not panic")
    })
}

#[test]
fn a_damaged_segment_is_an_error_and_nothing_else() -> Result<(), StorageError> {
    let place = Place::new();
    let db = place.open(collections![Plain])?;
    db.insert_all(&(0..50).map(plain).collect::<Vec<_>>())?;
    db.maintain(Maintenance::default())?;
    drop(db);
    let flip = "UPDATE _terrace_segment SET bytes = CAST(substr(bytes, 1, 20) || x'00' || substr(bytes, 22) AS BLOB) \
                WHERE id & 65535 = 1";
    place.sqlite().execute_batch(flip).expect("the segment is damaged");
    let db = place.open(collections![Plain])?;
    let error = db.get::<Plain>(3).expect_err("it is damaged");
    assert!(matches!(error.source, Cause::Vrtx(_)), "{error}");
    assert!(db.all::<Plain>().all().is_err());
    assert_eq!(db.find::<Plain>(|p| p.id.lt(10)).count()?, 10, "the ids are whole");
    place.sqlite().execute_batch("DELETE FROM _terrace_segment").expect("the segments are gone");
    let error = db.all::<Plain>().all().expect_err("they are gone");
    assert!(matches!(error.source, Cause::Corrupt { .. }), "{error}");
    Ok(())
}
