//! What was promoted is what comes back, or nothing does.

use futures_executor::block_on;
use terrace::{
    Cause,
    hot::Maintenance,
    prelude::*,
    snapshots::{SnapshotError, SnapshotKind::Full},
};
use terrace_tests::{Random, documents, faulty::FaultyStore, options, seed};

use super::world::{Item, OBJECT, Other, all, archive, archived, cause, database, item, source};

#[test]
fn a_promoted_snapshot_is_restored_into_any_object() -> Result<(), StorageError> {
    let store = FaultyStore::new(3);
    let (db, id, held) = source(&store)?;
    let archive = archive(&store);
    let archived = block_on(archive.promote(&db, id))?;
    assert_eq!(block_on(archive.promote(&db, id))?, archived, "it is there already");
    assert_eq!(block_on(archive.inspect(OBJECT, id))?, archived);
    let snapshot = db.snapshots().inspect(id)?;
    assert_eq!((archived.lineage, archived.sequence), (snapshot.lineage, snapshot.sequence));
    assert_eq!((archived.timestamp, &archived.version), (snapshot.timestamp, &snapshot.version));
    assert_eq!((archived.documents(), archived.collections.len()), (51, 2));
    for object in [OBJECT, "b"] {
        for columns in [true, false] {
            let other = database(&store, 2, object)?;
            other.insert_all(&(20..60).map(item).collect::<Vec<_>>())?;
            if columns {
                other.maintain(Maintenance::default())?;
            }
            let lineage = other.lineage()?;
            let restored = block_on(archive.restore(&other, OBJECT, id))?;
            assert_eq!(all(&other)?, held, "invariant 3");
            assert_ne!(other.lineage()?, lineage, "invariant 6");
            assert_eq!(restored.documents, 51);
            let checksum = other.checksum::<Item>()?;
            assert_eq!(Some(checksum), archived.collection("item").map(|of| of.checksum));
            let twice = other.insert(&Item { id: 1_000, ..item(7) });
            assert!(matches!(twice.map_err(|e| e.source), Err(Cause::NotUnique { .. })));
            other.maintain(Maintenance::default())?;
            assert_eq!(all(&other)?, held);
            other.snapshots().verify(id)?;
            // what is there need not be asked for
            store.plan(&[]);
            let there = block_on(archive.fetch(&other, OBJECT, id))?;
            assert!(store.begun().is_empty());
            assert_eq!((there.kind, there.object), (Full, OBJECT.to_owned()));
        }
    }
    // and from where it was fetched it gets back
    block_on(archive.delete(OBJECT, id))?;
    let other = database(&store, 4, "c")?;
    let (copy, _) = (database(&store, 5, "d")?, block_on(archive.promote(&db, id))?);
    block_on(archive.fetch(&copy, OBJECT, id))?;
    block_on(archive.delete(OBJECT, id))?;
    block_on(archive.promote(&copy, id))?;
    block_on(archive.restore(&other, OBJECT, id))?;
    assert_eq!(all(&other)?, held);
    Ok(())
}

#[test]
fn what_a_database_has_no_collection_for_is_not_lost_silently() -> Result<(), StorageError> {
    let store = FaultyStore::new(3);
    let (db, id, _) = source(&store)?;
    block_on(archive(&store).promote(&db, id))?;
    let other = options(2).object("b").open_in_memory(collections![Item])?;
    let error = block_on(archive(&store).restore(&other, OBJECT, id)).unwrap_err();
    assert_eq!(error.collection.as_deref(), Some("other"));
    assert!(matches!(error.source, Cause::NotOpened));
    Ok(())
}

#[test]
fn damage_is_named_before_anything_is_touched() -> Result<(), StorageError> {
    let (base, archived) = archived(1)?;
    let snapshot = &archived[0];
    let files: Vec<&str> = snapshot.files().map(|file| &*file.path).collect();
    assert_eq!(files.len(), 2);
    let manifest = files[0].split_once("/item/").unwrap().0.to_owned() + "/manifest.json";
    let seed = seed();
    println!("TERRACE_SEED={seed}");
    let mut random = Random(seed);
    let mut flip = |bytes: &[u8]| {
        let mut bytes = bytes.to_vec();
        let bit = random.below(bytes.len() as u64 * 8);
        bytes[usize::try_from(bit / 8).unwrap()] ^= 1 << (bit % 8);
        Some(bytes)
    };
    for path in files.iter().copied().chain([&*manifest]) {
        let bytes = base.file(path).unwrap();
        let other = files.iter().find(|other| **other != path).unwrap();
        let mut damages = vec![
            Some(bytes[..bytes.len() - 1].to_vec()),
            Some(Vec::new()),
            Some(base.file(other).unwrap().to_vec()),
        ];
        damages.extend((path != manifest).then_some(None));
        damages.extend((0..30).map(|_| flip(&bytes)));
        for damage in damages {
            let store = base.copy();
            store.replace(path, damage);
            let db = database(&store, 2, "b")?;
            db.insert(&item(1))?;
            let (present, head) = (all(&db)?, db.changes().head()?);
            for error in [
                block_on(archive(&store).verify(OBJECT, snapshot.id)).unwrap_err(),
                block_on(archive(&store).restore(&db, OBJECT, snapshot.id)).unwrap_err(),
            ] {
                let text = error.to_string();
                assert!(matches!(cause(error), SnapshotError::Damaged { id, .. } if id == snapshot.id));
                assert!(text.contains(path), "{text}");
            }
            assert_eq!((all(&db)?, db.changes().head()?), (present, head));
            assert!(db.snapshots().list()?.is_empty());
        }
    }
    Ok(())
}

/// Whoever can seal a manifest still has to give it documents of the checksum that it names.
#[test]
fn documents_of_another_checksum_are_found() -> Result<(), StorageError> {
    let (store, archived) = archived(2)?;
    let [to, from] = [&archived[0], &archived[1]].map(|of| &of.collection("item").unwrap().files[0]);
    let manifest = to.path.split_once("/item/").unwrap().0.to_owned() + "/manifest.json";
    let mut forged = String::from_utf8(store.file(&manifest).unwrap().to_vec()).unwrap();
    forged.truncate(forged.rfind(",\"seal\"").unwrap());
    for (of, by) in [
        (format!("\"rows\":{}", to.rows), format!("\"rows\":{}", from.rows)),
        (
            format!("\"bytes\":{},\"hash\":\"{}\"", to.bytes, to.hash),
            format!("\"bytes\":{},\"hash\":\"{}\"", from.bytes, from.hash),
        ),
    ] {
        assert!(forged.contains(&of));
        forged = forged.replacen(&of, &by, 1);
    }
    let seal = xxhash_rust::xxh3::xxh3_128(forged.as_bytes());
    store.replace(&manifest, Some(format!("{forged},\"seal\":\"{seal:032x}\"}}").into_bytes()));
    let bytes = store.file(&from.path).unwrap().to_vec();
    store.replace(&to.path, Some(bytes));
    let db = database(&store, 2, "b")?;
    let id = archived[0].id;
    for error in [
        block_on(archive(&store).verify(OBJECT, id)).unwrap_err(),
        block_on(archive(&store).restore(&db, OBJECT, id)).unwrap_err(),
    ] {
        let text = error.to_string();
        assert!(text.contains("the documents of `item` have another checksum"), "{text}");
    }
    assert!(db.snapshots().list()?.is_empty());
    Ok(())
}

mod later {
    use terrace::prelude::*;

    #[derive(Collection, Clone, Debug, PartialEq)]
    #[collection(columnar(threshold = 8))]
    pub(crate) struct Item {
        #[id]
        pub(crate) id: i64,
        #[unique]
        pub(crate) code: String,
        pub(crate) weight: f64,
        #[was("note")]
        pub(crate) remark: Option<String>,
        #[column(fill = 7)]
        pub(crate) rank: i64,
    }
}

mod stricter {
    use terrace::prelude::*;

    #[derive(Collection, Clone, Debug, PartialEq)]
    #[collection(columnar(threshold = 8))]
    pub(crate) struct Item {
        #[id]
        pub(crate) id: i64,
        pub(crate) code: String,
        pub(crate) weight: f64,
        #[unique]
        pub(crate) note: Option<String>,
    }
}

#[test]
fn an_archived_snapshot_of_an_earlier_schema_is_migrated_in_another_object() -> Result<(), StorageError> {
    let store = FaultyStore::new(3);
    let (db, id, (items, _)) = source(&store)?;
    block_on(archive(&store).promote(&db, id))?;
    let as_later = |item: &Item| later::Item {
        id: item.id,
        code: item.code.clone(),
        weight: item.weight,
        remark: item.note.clone(),
        rank: 7,
    };
    let later: Vec<later::Item> = items.iter().map(as_later).collect();
    let other = options(2).object("b").open_in_memory(collections![later::Item, Other])?;
    other.insert_all(&(0..20).map(|id| as_later(&item(id + 1_000))).collect::<Vec<_>>())?;
    other.maintain(Maintenance::default())?;
    block_on(archive(&store).restore(&other, OBJECT, id))?;
    assert_eq!(documents::<later::Item>(&other)?, later);
    other.maintain(Maintenance::default())?;
    let twice = other.insert(&later::Item { id: 1_000, ..later[0].clone() });
    assert!(matches!(twice.map_err(|e| e.source), Err(Cause::NotUnique { .. })));
    let copy = options(3).open_in_memory(collections![later::Item, Other])?;
    copy.insert_all(&later)?;
    assert_eq!(copy.checksum::<later::Item>()?, other.checksum::<later::Item>()?);
    Ok(())
}

#[test]
fn what_would_not_be_unique_any_more_is_not_restored() -> Result<(), StorageError> {
    let store = FaultyStore::new(3);
    let (db, id, _) = source(&store)?;
    block_on(archive(&store).promote(&db, id))?;
    let other = options(2).object("b").open_in_memory(collections![stricter::Item, Other])?;
    let present = stricter::Item { id: 1, code: "c".into(), weight: 0.5, note: None };
    other.insert(&present)?;
    let lineage = other.lineage()?;
    let error = block_on(archive(&store).restore(&other, OBJECT, id)).unwrap_err();
    assert!(matches!(error.source, Cause::NotUnique { .. }), "{error}");
    assert_eq!(documents::<stricter::Item>(&other)?, [present]);
    assert_eq!(other.lineage()?, lineage);
    Ok(())
}
