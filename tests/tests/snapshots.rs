//! Snapshots: what they hold, what they build on, and the way back.
//!
//! Invariants 2, 3, 6 and 10.

use serde_json::{Value as Json, json};
use terrace::{
    Cause, Options,
    hot::Maintenance,
    prelude::*,
    snapshots::{
        DocumentChange, DocumentDiff, FieldDiff, Keep, SnapshotError, SnapshotId,
        SnapshotKind::{Full, Incremental},
        SnapshotMetadata, Tiers,
    },
};
use terrace_tests::{Place, Random, documents, options, seed};

#[derive(Collection, Clone, Debug, PartialEq)]
#[collection(columnar(threshold = 8))]
struct Item {
    #[id]
    id: i64,
    #[unique]
    code: String,
    weight: f64,
    note: Option<String>,
}

#[derive(Collection, Clone, Debug, PartialEq)]
#[collection(columnar(never))]
struct Plain {
    #[id]
    name: String,
    blob: Vec<u8>,
}

fn item(id: i64) -> Item {
    Item { id, code: format!("c{id}"), weight: -0.0, note: (id % 3 == 0).then(|| "x\0y".repeat(5)) }
}

fn plain(at: u8) -> Plain {
    Plain { name: format!("p{at}"), blob: vec![at; usize::from(at)] }
}

fn open() -> Result<Db, StorageError> {
    options(1).open_in_memory(collections![Item, Plain])
}

/// Some documents in row groups, some of which have left them again, and some rows.
fn filled() -> Result<Db, StorageError> {
    let db = open()?;
    db.insert_all(&(0..50).map(item).collect::<Vec<_>>())?;
    db.insert_all(&(0..5).map(plain).collect::<Vec<_>>())?;
    db.maintain(Maintenance::default())?;
    db.update::<Item>(3, |item| item.weight = 2.5)?;
    db.delete::<Item>(4)?;
    Ok(db)
}

type All = (Vec<Item>, Vec<Plain>);

fn all(db: &Db) -> Result<All, StorageError> {
    let mut items: Vec<Item> = documents(db)?;
    items.sort_by_key(|item| item.id);
    let mut plains: Vec<Plain> = documents(db)?;
    plains.sort_by(|a, b| a.name.cmp(&b.name));
    Ok((items, plains))
}

/// Changes a document of each kind, in row groups and out of them.
fn change(db: &Db, random: &mut Random) -> Result<(), StorageError> {
    db.transaction(|db| {
        for _ in 0..=random.below(8) {
            let id = random.below(60).cast_signed();
            match random.below(5) {
                0 => drop(db.delete::<Item>(id)?),
                1 => drop(db.find::<Item>(|i| i.id.eq(id)).update(|i| i.weight += 1.0)?),
                2 => swap_codes(db, id, random.below(60).cast_signed())?,
                // another document may have the code by now
                _ => drop(db.upsert(&Item { weight: 0.5, ..item(id) })),
            }
        }
        db.upsert(&plain(u8::try_from(random.below(9)).unwrap_or(0)))?;
        db.delete::<Plain>(&*format!("p{}", random.below(9)))?;
        Ok(())
    })
}

/// The unique values of two documents change places.
fn swap_codes(db: &Db, one: i64, other: i64) -> Result<(), StorageError> {
    let (Some(a), Some(b)) = (db.get::<Item>(one)?, db.get::<Item>(other)?) else { return Ok(()) };
    db.update::<Item>(one, |item| item.code = "on its way".into())?;
    if one != other {
        db.update::<Item>(other, |item| item.code = a.code)?;
    }
    db.update::<Item>(one, |item| item.code = b.code).map(drop)
}

/// That the database is one: its log has no hole, its checksums are those of its documents, and it can be written.
fn check_sound(db: &Db) -> Result<(), StorageError> {
    let positions: Vec<u64> =
        db.changes().since(0)?.map(|event| event.map(|event| event.sequence)).collect::<Result<_, _>>()?;
    assert_eq!(positions, (1..=positions.len() as u64).collect::<Vec<_>>(), "invariant 2");
    let (items, plains) = all(db)?;
    let copy = open()?;
    copy.insert_all(&items)?;
    copy.insert_all(&plains)?;
    assert_eq!(copy.checksum::<Item>()?, db.checksum::<Item>()?);
    assert_eq!(copy.checksum::<Plain>()?, db.checksum::<Plain>()?);
    for item in &items {
        assert_eq!(db.get::<Item>(item.id)?.as_ref(), Some(item));
        let twice = db.insert(&Item { id: 1_000, ..item.clone() });
        assert!(matches!(twice.map_err(|e| e.source), Err(Cause::NotUnique { .. })), "a unique value twice");
    }
    Ok(())
}

#[test]
fn a_restore_gives_every_document_back_and_begins_a_lineage() -> Result<(), StorageError> {
    for columns in [true, false] {
        let db = if columns { filled()? } else { open()? };
        if !columns {
            db.insert_all(&(0..50).map(item).collect::<Vec<_>>())?;
        }
        let before = all(&db)?;
        let lineage = db.lineage()?;
        let snapshot = db.snapshots().create(Full)?;
        assert_eq!(snapshot.documents(), (before.0.len() + before.1.len()) as u64);
        assert_eq!((snapshot.lineage, snapshot.sequence), (lineage, db.changes().head()?));
        db.find::<Item>(|i| i.id.gt(10)).delete()?;
        db.insert(&plain(77))?;
        let head = db.changes().head()?;
        let restored = db.snapshots().restore(snapshot.id)?;
        assert_eq!(all(&db)?, before);
        assert_ne!(db.lineage()?, lineage, "invariant 6");
        assert_eq!(db.lineage()?, restored.lineage);
        check_sound(&db)?;
        let events: Vec<CdcEvent> = db.changes().since(head)?.collect::<Result<_, _>>()?;
        assert!(events.iter().all(|event| event.operation == CdcOperation::Restore));
        assert_eq!(events[0].previous_lineage, Some(lineage));
        let of: Vec<_> = events[1..].iter().map(|event| (event.collection(), event.snapshot)).collect();
        assert_eq!(of, [(Some("item"), Some(snapshot.id)), (Some("plain"), Some(snapshot.id))]);
        assert_eq!(events[1].change::<Item>()?, Some(Change::Restored { snapshot: snapshot.id }));
        let replayed = open()?.replay(db.changes().since(0)?);
        assert!(matches!(replayed.map_err(|e| e.source), Err(Cause::RestoredBetween { .. })));
        // the first transaction afterwards
        db.insert(&item(900))?;
        db.maintain(Maintenance::default())?;
        check_sound(&db)?;
        db.snapshots().verify(snapshot.id)?;
    }
    Ok(())
}

#[test]
fn one_collection_goes_back_and_the_others_stay() -> Result<(), StorageError> {
    let db = filled()?;
    let before = all(&db)?;
    let snapshot = db.snapshots().create(Full)?;
    change(&db, &mut Random(4))?;
    let plains = all(&db)?.1;
    db.snapshots().restore_collection::<Item>(snapshot.id)?;
    assert_eq!(all(&db)?, (before.0, plains));
    check_sound(&db)
}

#[test]
fn random_snapshots_and_restores_are_as_a_model_has_them() -> Result<(), StorageError> {
    let seed = seed();
    println!("TERRACE_SEED={seed}");
    let rounds = if terrace_tests::long() { 200 } else { 12 };
    for round in 0..rounds {
        let mut random = Random(seed.wrapping_add(round));
        let db = if random.below(2) == 0 { filled()? } else { open()? };
        let mut taken: Vec<(SnapshotMetadata, All)> = Vec::new();
        for _ in 0..25 {
            match random.below(8) {
                0 => taken.push((db.snapshots().create(Full)?, all(&db)?)),
                1 | 2 => taken.push((db.snapshots().create(Incremental)?, all(&db)?)),
                3 if !taken.is_empty() => {
                    let at = usize::try_from(random.below(taken.len() as u64)).unwrap_or(0);
                    db.snapshots().restore(taken[at].0.id)?;
                    assert_eq!(all(&db)?, taken[at].1);
                }
                4 => drop(db.maintain(Maintenance::default())?),
                _ => change(&db, &mut random)?,
            }
        }
        for (snapshot, documents) in &taken {
            db.snapshots().verify(snapshot.id)?;
            db.snapshots().restore(snapshot.id)?;
            assert_eq!(all(&db)?, *documents, "invariant 3");
        }
        check_sound(&db)?;
    }
    Ok(())
}

/// A file with a full snapshot and three incremental ones on it, and what each holds.
fn chain(place: &Place) -> Result<(Db, Vec<(SnapshotMetadata, All)>), StorageError> {
    let db = options(1).open(place.path(), collections![Item, Plain])?;
    db.insert_all(&(0..50).map(item).collect::<Vec<_>>())?;
    db.maintain(Maintenance::default())?;
    let mut taken = vec![(db.snapshots().create(Full)?, all(&db)?)];
    for seed in 0..3 {
        change(&db, &mut Random(seed))?;
        taken.push((db.snapshots().create(Incremental)?, all(&db)?));
    }
    assert!(taken[1..].iter().all(|(snapshot, _)| snapshot.kind == Incremental));
    Ok((db, taken))
}

#[test]
fn a_missing_a_damaged_and_a_swapped_link_is_named_before_anything_is_touched() -> Result<(), StorageError> {
    const NUMBER: &str = "(SELECT number FROM _terrace_snapshot WHERE id = ?1)";
    let damages = [
        "DELETE FROM _terrace_snapshot WHERE id = ?1".to_owned(),
        format!("DELETE FROM _terrace_snapshot_part WHERE id >> 20 = {NUMBER}"),
        format!(
            "UPDATE _terrace_snapshot_part SET bytes = CAST(bytes || x'00' AS BLOB) WHERE id >> 20 = {NUMBER}"
        ),
        format!("UPDATE _terrace_snapshot_part SET head = replace(head, '1', '2') WHERE id >> 20 = {NUMBER}"),
        "UPDATE _terrace_snapshot SET metadata = replace(metadata, '1', '2') WHERE id = ?1".to_owned(),
    ];
    for damage in &damages {
        for link in 0..3 {
            let place = Place::new();
            let (db, taken) = chain(&place)?;
            let present = all(&db)?;
            let broken = taken[link].0.id;
            let raw = place.sqlite();
            assert!(raw.execute(damage, [broken.0]).expect("it is damaged") > 0);
            let head = db.changes().head()?;
            let error = db.snapshots().restore(taken[3].0.id).expect_err("a damaged chain");
            assert!(error.to_string().contains(&broken.to_string()), "{error}");
            assert_eq!((all(&db)?, db.changes().head()?), (present, head), "nothing was touched");
            assert!(db.snapshots().verify(taken[3].0.id).is_err());
            if link > 0 && !damage.contains("metadata") {
                db.snapshots().restore(taken[link - 1].0.id)?;
                assert_eq!(all(&db)?, taken[link - 1].1, "what comes before the damage can be restored");
            }
        }
    }
    Ok(())
}

#[test]
fn links_and_parts_that_change_places_are_found() -> Result<(), StorageError> {
    let swap = |table: &str, column: &str, [a, b]: [i64; 2]| {
        format!(
            "UPDATE {table} SET {column} = -1 WHERE {column} = {a}; \
             UPDATE {table} SET {column} = {a} WHERE {column} = {b}; \
             UPDATE {table} SET {column} = {b} WHERE {column} = -1"
        )
    };
    for sql in [
        swap("_terrace_snapshot_part", "id", [2 << 20, 3 << 20]),
        swap("_terrace_snapshot", "number", [2, 3]),
        swap("_terrace_snapshot_part", "id", [1 << 20, (1 << 20) + 1]),
    ] {
        let place = Place::new();
        let (db, taken) = chain(&place)?;
        let present = all(&db)?;
        let raw = place.sqlite();
        raw.execute_batch(&sql).expect("they change places");
        let error = db.snapshots().restore(taken[3].0.id).expect_err("a swapped chain");
        assert!(matches!(&error.source, Cause::Snapshot(_)), "{error}");
        assert_eq!(all(&db)?, present);
    }
    Ok(())
}

#[test]
fn what_is_needed_is_not_deleted() -> Result<(), StorageError> {
    let place = Place::new();
    let (db, taken) = chain(&place)?;
    let ids: Vec<_> = taken.iter().map(|(snapshot, _)| snapshot.id).collect();
    let error = db.snapshots().delete(ids[1]).expect_err("another one builds on it");
    assert!(error.to_string().contains(&ids[2].to_string()), "{error}");
    // the newest stays, and all that it builds on
    assert!(db.snapshots().retain(Keep::default())?.is_empty(), "invariant 10");
    let full = db.snapshots().create(Full)?;
    db.snapshots().hold(ids[1])?;
    assert!(db.snapshots().inspect(ids[1])?.held);
    assert_eq!(db.snapshots().retain(Keep::default())?, ids[2..]);
    db.snapshots().restore(ids[1])?;
    assert_eq!(all(&db)?, taken[1].1);
    db.snapshots().release(ids[1])?;
    assert_eq!(db.snapshots().retain(Keep { newest: 1, ..Keep::default() })?, ids[..2]);
    assert_eq!(db.snapshots().list()?, std::slice::from_ref(&full));
    db.snapshots().delete(full.id)?;
    let gone = db.snapshots().restore(full.id).expect_err("it is gone");
    assert!(
        matches!(gone.source, Cause::Snapshot(error) if matches!(*error, SnapshotError::NotFound { .. }))
    );
    Ok(())
}

#[test]
fn the_last_of_each_day_week_and_month_stays() -> Result<(), StorageError> {
    const DAY: i64 = 86_400_000_000;
    // 2024-02-27, a Tuesday, and the days after it; two snapshots each
    let start = 19_780 * DAY;
    let clock = std::sync::Arc::new(std::sync::atomic::AtomicI64::new(start));
    let time = clock.clone();
    let now = move || Timestamp::from_micros(time.load(std::sync::atomic::Ordering::Relaxed));
    let db = terrace::Options::new().clock(now).open_in_memory(collections![Item])?;
    let mut ids = Vec::new();
    for half_day in 0..24 {
        clock.store(start + half_day * DAY / 2, std::sync::atomic::Ordering::Relaxed);
        ids.push(db.snapshots().create(Full)?.id);
    }
    let tiers = Tiers { daily: 2, weekly: 3, monthly: 2 };
    let keep = Keep { younger_than: Some(std::time::Duration::from_hours(1)), tiers, newest: 0 };
    db.snapshots().retain(keep)?;
    let kept: Vec<_> = db.snapshots().list()?.into_iter().map(|snapshot| snapshot.id).collect();
    // of Thursday 29 February, the last of its month; of Sunday 3 March; of the last two days, of which the newest is
    // the last of its week and month
    assert_eq!(kept, [ids[5], ids[11], ids[21], ids[23]]);
    Ok(())
}

#[derive(Collection)]
#[collection(snapshot(every = "2h", keep = 3))]
struct Watched {
    #[id]
    id: i64,
    text: String,
}

#[derive(Collection)]
#[collection(snapshot(every = "1h", keep = 2))]
struct Oftener {
    #[id]
    id: i64,
}

#[test]
fn maintenance_takes_snapshots_and_keeps_as_many_as_are_asked_for() -> Result<(), StorageError> {
    const MINUTE: i64 = 60_000_000;
    let clock = std::sync::Arc::new(std::sync::atomic::AtomicI64::new(MINUTE));
    let time = clock.clone();
    let now = move || Timestamp::from_micros(time.load(std::sync::atomic::Ordering::Relaxed));
    let db = terrace::Options::new().clock(now).open_in_memory(collections![Watched, Oftener])?;
    let mut random = Random(1);
    let mut write = |id| db.insert(&Watched { id, text: random.bits().to_string() });
    (10_000..10_300).try_for_each(&mut write)?;
    let by_hand = db.snapshots().create(Full)?;
    assert_eq!(db.maintain(Maintenance::default())?.snapshot, None, "nothing has happened since");
    let mut taken = Vec::new();
    for minutes in (0..24 * 60).step_by(10) {
        clock.store((minutes + 60) * MINUTE, std::sync::atomic::Ordering::Relaxed);
        write(minutes)?;
        let Some(id) = db.maintain(Maintenance::default())?.snapshot else { continue };
        assert_eq!(minutes % 60, 0, "the shortest time counts");
        let snapshot = db.snapshots().inspect(id)?;
        assert!(snapshot.automatic);
        assert_eq!(snapshot.documents(), u64::try_from(minutes / 10 + 301).unwrap_or(0));
        taken.push(snapshot);
        let kept = db.snapshots().list()?;
        assert_eq!(kept[0], by_hand, "what was taken by hand stays");
        let newest = taken.iter().rev().take(3);
        assert!(newest.clone().all(|of| kept.contains(of)), "the greatest number counts");
        // and what they build on
        let needed: Vec<_> = newest.filter_map(|of| of.parent).collect();
        assert!(needed.iter().all(|id| kept.iter().any(|of| of.id == *id)), "invariant 10");
    }
    assert_eq!(taken.len(), 24);
    let fulls = taken.iter().filter(|of| of.kind == Full).count();
    assert!((1..12).contains(&fulls), "chains begin anew when they are long: {fulls}");
    assert!(db.snapshots().list()?.len() < 24, "what nothing needs is gone");
    let later = || {
        clock.fetch_add(120 * MINUTE, std::sync::atomic::Ordering::Relaxed);
        db.maintain(Maintenance::default()).map(|done| done.snapshot)
    };
    let last = later()?.expect("there were writes since");
    assert_eq!(later()?, None, "nothing has happened since");
    db.snapshots().verify(last)?;
    // a clock that was wrong for a while
    let now = clock.load(std::sync::atomic::Ordering::Relaxed);
    write(5_000)?;
    clock.store(now + 1_000 * 60 * MINUTE, std::sync::atomic::Ordering::Relaxed);
    assert!(db.maintain(Maintenance::default())?.snapshot.is_some());
    clock.store(now, std::sync::atomic::Ordering::Relaxed);
    write(5_001)?;
    assert!(later()?.is_some(), "one from the future is not recent");
    write(5_002)?;
    assert_eq!(db.maintain(Maintenance::default())?.snapshot, None, "the one just taken is");
    Ok(())
}

#[derive(Collection)]
#[collection(snapshot(every = "1h", keep = 100))]
struct Kept {
    #[id]
    id: i64,
    text: String,
}

#[test]
fn a_chain_of_automatic_snapshots_has_32_links() -> Result<(), StorageError> {
    let clock = std::sync::Arc::new(std::sync::atomic::AtomicI64::new(0));
    let time = clock.clone();
    let now = move || Timestamp::from_micros(time.load(std::sync::atomic::Ordering::Relaxed));
    let db = terrace::Options::new().clock(now).open_in_memory(collections![Kept])?;
    let mut random = Random(1);
    let mut kept = |id| Kept { id, text: random.bits().to_string() };
    db.insert_all(&(10_000..13_000).map(&mut kept).collect::<Vec<_>>())?;
    let mut kinds = Vec::new();
    for hour in 0..34 {
        clock.store(hour * 3_600_000_000, std::sync::atomic::Ordering::Relaxed);
        db.insert(&kept(hour))?;
        let id = db.maintain(Maintenance::default())?.snapshot.expect("an hour has gone by");
        kinds.push(db.snapshots().inspect(id)?.kind);
    }
    let fulls: Vec<usize> = (0..kinds.len()).filter(|&at| kinds[at] == Full).collect();
    assert_eq!(fulls, [0, 33]);
    Ok(())
}

/// A later version of [`Item`]: a column renamed, one gone, one new.
mod later {
    use super::*;

    #[derive(Collection, Clone, Debug, PartialEq)]
    #[collection(columnar(threshold = 8))]
    pub struct Item {
        #[id]
        pub id: i64,
        #[unique]
        pub code: String,
        #[was("note")]
        pub remark: Option<String>,
        #[column(fill = 7)]
        pub rank: i64,
    }
}

#[test]
fn a_snapshot_of_an_earlier_schema_is_migrated() -> Result<(), StorageError> {
    let place = Place::new();
    let (db, taken) = chain(&place)?;
    drop(db);
    let db = options(2).open(place.path(), collections![later::Item, Plain])?;
    db.find::<later::Item>(|i| i.id.gt(5)).delete()?;
    let as_later = |item: &Item| later::Item {
        id: item.id,
        code: item.code.clone(),
        remark: item.note.clone(),
        rank: 7,
    };
    for (snapshot, (items, _)) in &taken {
        db.snapshots().verify(snapshot.id)?;
        db.snapshots().restore(snapshot.id)?;
        let found = documents_of(&db)?;
        let expected: Vec<later::Item> = items.iter().map(as_later).collect();
        assert_eq!(found, expected);
        let copy = options(3).open_in_memory(collections![later::Item, Plain])?;
        copy.insert_all(&found)?;
        assert_eq!(copy.checksum::<later::Item>()?, db.checksum::<later::Item>()?);
        db.update::<later::Item>(found[0].id, |item| item.rank = 1)?;
        db.maintain(Maintenance::default())?;
    }
    assert_eq!(db.snapshots().create(Incremental)?.kind, Full, "nothing of this schema can be built on");
    Ok(())
}

#[test]
fn an_incremental_one_is_full_where_the_log_does_not_say_all() -> Result<(), StorageError> {
    let db = filled()?;
    let first = db.snapshots().create(Incremental)?;
    assert_eq!(first.kind, Full, "there is none to build on");
    change(&db, &mut Random(1))?;
    assert_eq!(db.snapshots().create(Incremental)?.kind, Incremental);
    db.fork()?;
    assert_eq!(db.snapshots().create(Incremental)?.kind, Full, "it is another lineage");
    for id in 2_000..2_500 {
        db.insert(&item(id))?;
    }
    db.changes().prune(Retention { keep: 0, cap: None })?;
    let after_pruning = db.snapshots().create(Incremental)?;
    assert_eq!(after_pruning.kind, Full, "the log does not reach back");
    assert_eq!(db.snapshots().list()?.len(), 4, "what was begun in vain is gone");
    db.snapshots().verify(after_pruning.id)
}

#[test]
fn a_failed_restore_changes_nothing_that_is_read_later() -> Result<(), StorageError> {
    let place = Place::new();
    let (db, taken) = chain(&place)?;
    // The checksum of the last link is another one, and its seal is made anew: found at the very end.
    let last = &taken[3].0;
    let of = last.collection("plain").expect("it has the collection");
    forge(&place, last.id, |text| text.replace(&format!("\"after\":\"{}\"", of.after), "\"after\":\"9:09\""));
    let present = all(&db)?;
    let error = db.snapshots().restore(last.id).expect_err("the checksum is wrong");
    assert!(error.to_string().contains("another checksum"), "{error}");
    assert_eq!(all(&db)?, present);
    check_sound(&db)?;
    change(&db, &mut Random(8))?;
    db.maintain(Maintenance::default())?;
    check_sound(&db)
}

#[test]
fn a_unique_value_that_went_to_another_document_is_restored() -> Result<(), StorageError> {
    for columnar in [false, true] {
        let db = open()?;
        db.insert_all(&(0..30).map(item).collect::<Vec<_>>())?;
        if columnar {
            db.maintain(Maintenance::default())?;
        }
        db.snapshots().create(Full)?;
        db.delete::<Item>(2)?;
        db.update::<Item>(1, |item| item.code = "c2".into())?;
        swap_codes(&db, 10, 20)?;
        let taken = db.snapshots().create(Incremental)?;
        assert_eq!(taken.kind, Incremental);
        let documents = all(&db)?;
        db.all::<Item>().delete()?;
        db.snapshots().restore(taken.id)?;
        assert_eq!(all(&db)?, documents);
        check_sound(&db)?;
        let other = options(9).object("another").open_in_memory(collections![Item, Plain])?;
        db.snapshots().restore_into(taken.id, &other)?;
        assert_eq!(all(&other)?, documents);
    }
    Ok(())
}

/// Changes the metadata of a snapshot, and makes its seal anew.
fn forge(place: &Place, id: SnapshotId, change: impl FnOnce(&str) -> String) {
    let raw = place.sqlite();
    let metadata: String = raw
        .query_row("SELECT metadata FROM _terrace_snapshot WHERE id = ?1", [id.0], |row| row.get(0))
        .expect("it is there");
    let forged = change(&metadata);
    assert_ne!(forged, metadata);
    let seal = xxhash_rust::xxh3::xxh3_128(forged.as_bytes()).to_le_bytes();
    raw.execute("UPDATE _terrace_snapshot SET metadata = ?2, seal = ?3 WHERE id = ?1", (id.0, forged, seal))
        .expect("it is changed");
}

#[test]
fn forged_metadata_is_refused() -> Result<(), StorageError> {
    let refused = |forged: &dyn Fn(&SnapshotMetadata, &str) -> String, problem: &str| {
        let place = Place::new();
        let (db, taken) = chain(&place)?;
        let last = &taken[3].0;
        forge(&place, last.id, |metadata| forged(last, metadata));
        for refused in [db.snapshots().verify(last.id), db.snapshots().restore(last.id).map(drop)] {
            let error = refused.expect_err("it is forged");
            assert!(error.to_string().contains(problem), "{error}");
        }
        check_sound(&db)
    };
    let parent = |of: &SnapshotMetadata| format!("\"parent\":\"{}\"", of.parent.expect("it has one"));
    refused(&|of, text| text.replace(&parent(of), &format!("\"parent\":\"{}\"", of.id)), "on itself")?;
    refused(&|of, text| text.replace(&parent(of), "\"parent\":null"), "names none")?;
    refused(
        &|_, text| {
            text.replacen("\"schema\":0", "\"schema\":1", 1).replacen("\"schema\":1", "\"schema\":2", 1)
        },
        "lacks the schema",
    )
}

#[test]
fn an_object_goes_back_to_when_it_was_empty() -> Result<(), StorageError> {
    let db = open()?;
    let empty = db.snapshots().create(Full)?;
    db.insert(&item(1))?;
    db.snapshots().restore_to(empty.timestamp)?;
    assert_eq!(all(&db)?, (Vec::new(), Vec::new()));
    Ok(())
}

#[test]
fn another_database_gets_what_a_snapshot_holds() -> Result<(), StorageError> {
    let place = Place::new();
    let (db, taken) = chain(&place)?;
    for (at, (snapshot, documents)) in (0..).zip(&taken) {
        let other = options(9).object("another").open_in_memory(collections![Item, Plain])?;
        other.insert_all(&(0..9 * at).map(|id| item(id + 40)).collect::<Vec<_>>())?;
        other.maintain(Maintenance::default())?;
        let before = other.lineage()?;
        let restored = db.snapshots().restore_into(snapshot.id, &other)?;
        assert_eq!(restored.documents, snapshot.documents());
        assert_ne!(other.lineage()?, before, "invariant 6");
        assert_eq!((other.object_id(), other.lineage()?), ("another", restored.lineage));
        assert_eq!(all(&other)?, *documents);
        check_sound(&other)?;
        let later = options(3).open_in_memory(collections![later::Item, Plain])?;
        db.snapshots().restore_into(snapshot.id, &later)?;
        let found: Vec<later::Item> = documents_of(&later)?;
        assert!(
            found.iter().map(|item| (item.id, item.rank)).eq(documents.0.iter().map(|item| (item.id, 7)))
        );
        later.maintain(Maintenance::default())?;
        assert_eq!(later.snapshots().create(Full)?.documents(), snapshot.documents());
    }
    let present = all(&db)?;
    let lacks = options(4).open_in_memory(collections![Plain])?;
    lacks.insert(&plain(9))?;
    let refused = db.snapshots().restore_into(taken[3].0.id, &lacks).expect_err("no such collection");
    assert!(matches!(refused.source, Cause::NotOpened), "{refused}");
    assert_eq!(lacks.get::<Plain>("p9")?, Some(plain(9)), "nothing was touched");
    let inside = lacks.transaction(|lacks| db.snapshots().restore_into(taken[0].0.id, lacks).map(drop));
    assert!(inside.is_err(), "a restore is a transaction of its own");
    assert_eq!(all(&db)?, present);
    Ok(())
}

fn documents_of(db: &Db) -> Result<Vec<later::Item>, StorageError> {
    let mut found: Vec<later::Item> = documents(db)?;
    found.sort_by_key(|item| item.id);
    Ok(found)
}

#[test]
fn a_diff_names_the_documents_and_fields_that_are_different() -> Result<(), StorageError> {
    let place = Place::new();
    let (db, _) = chain(&place)?;
    let seed = seed();
    println!("TERRACE_SEED={seed}");
    let mut random = Random(seed);
    let mut taken = Vec::new();
    for at in 0..6 {
        change(&db, &mut random)?;
        if at == 3 {
            db.maintain(Maintenance::default())?;
        }
        let kind = if random.below(2) == 0 { Full } else { Incremental };
        taken.push((db.snapshots().create(kind)?.id, all(&db)?));
    }
    for (before, of_before) in &taken {
        for (after, of_after) in &taken {
            let found = db.snapshots().diff(*before, *after)?;
            assert_eq!(found, expected_diff(of_before, of_after), "invariant 3");
        }
    }
    Ok(())
}

/// What is different in two sets of documents, as [`Snapshots::diff`](terrace::snapshots::Snapshots::diff) has it.
fn expected_diff(before: &All, after: &All) -> Vec<DocumentDiff> {
    let of_item = |item: &Item| {
        let fields = json!({ "id": item.id, "code": item.code, "weight": item.weight, "note": item.note });
        (item.id.to_string(), fields)
    };
    let of_plain = |plain: &Plain| {
        let blob = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &plain.blob);
        (plain.name.clone(), json!({ "name": plain.name, "blob": blob }))
    };
    let mut diff = Vec::new();
    let mut compare = |collection: &str, before: Vec<(String, Json)>, after: Vec<(String, Json)>| {
        let mut ids: Vec<&String> = Vec::new();
        for (id, _) in before.iter().chain(&after) {
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        ids.sort_by_key(|id| (id.parse::<i64>().ok(), *id));
        for id in ids {
            let of = |all: &[(String, Json)]| {
                all.iter().find(|(of, _)| of == id).map(|(_, fields)| fields.clone())
            };
            let change = match (of(&before), of(&after)) {
                (Some(_), None) => DocumentChange::Removed,
                (None, _) => DocumentChange::Added,
                _ => DocumentChange::Changed,
            };
            let (old, new) = (of(&before).unwrap_or_default(), of(&after).unwrap_or_default());
            let names = if old.is_object() { &old } else { &new };
            let fields: Vec<FieldDiff> = names
                .as_object()
                .into_iter()
                .flat_map(|names| names.keys())
                .map(|name| {
                    let value = |of: &Json| of.get(name).cloned().unwrap_or_default();
                    FieldDiff { name: name.clone(), before: value(&old), after: value(&new) }
                })
                .filter(|field| field.before != field.after)
                .collect();
            if !fields.is_empty() {
                diff.push(DocumentDiff {
                    collection: collection.into(),
                    id: id.as_str().into(),
                    change,
                    fields,
                });
            }
        }
    };
    compare("item", before.0.iter().map(of_item).collect(), after.0.iter().map(of_item).collect());
    compare("plain", before.1.iter().map(of_plain).collect(), after.1.iter().map(of_plain).collect());
    diff
}

/// Documents at moments.
type History = Vec<(Timestamp, All)>;

/// Writes, takes snapshots, goes back to them and to moments; says what there was after each.
fn lived(db: &Db, random: &mut Random, steps: usize) -> Result<History, StorageError> {
    let mut history = vec![(last_time(db)?, all(db)?)];
    let mut taken = Vec::new();
    for _ in 0..steps {
        let at = |random: &mut Random, of: usize| usize::try_from(random.below(of as u64)).unwrap_or(0);
        match random.below(12) {
            0 => taken.push(db.snapshots().create(Full)?.id),
            1 => taken.push(db.snapshots().create(Incremental)?.id),
            2 if !taken.is_empty() => {
                db.snapshots().restore(taken[at(random, taken.len())])?;
            }
            3 if !taken.is_empty() => {
                db.snapshots().restore_collection::<Item>(taken[at(random, taken.len())])?;
            }
            4 => {
                let (time, documents) = &history[at(random, history.len())];
                db.snapshots().restore_to(*time)?;
                assert_eq!(all(db)?, *documents, "as of {time}");
            }
            5 => drop(db.maintain(Maintenance::default())?),
            6 => {
                db.fork()?;
            }
            _ => change(db, random)?,
        }
        history.push((last_time(db)?, all(db)?));
    }
    Ok(history)
}

/// When the last event of the log happened.
fn last_time(db: &Db) -> Result<Timestamp, StorageError> {
    let last = db.changes().since(db.changes().head()? - 1)?.next().expect("there is one")?;
    Ok(last.timestamp)
}

#[test]
fn every_moment_that_snapshots_and_log_reach_can_be_gone_back_to() -> Result<(), StorageError> {
    let seed = seed();
    println!("TERRACE_SEED={seed}");
    for round in 0..if terrace_tests::long() { 200 } else { 12 } {
        let mut random = Random(seed.wrapping_add(round));
        let db = open()?;
        db.insert_all(&(0..30).map(item).collect::<Vec<_>>())?;
        let history = lived(&db, &mut random, 20)?;
        for (time, documents) in &history {
            let snapshot = db.snapshots().create_at(*time)?;
            assert_eq!(snapshot.timestamp, *time);
            db.snapshots().verify(snapshot.id)?;
            let copy = options(2).open_in_memory(collections![Item, Plain])?;
            db.snapshots().restore_into(snapshot.id, &copy)?;
            assert_eq!(all(&copy)?, *documents, "invariant 3, as of {time}");
            db.snapshots().delete(snapshot.id)?;
        }
        check_sound(&db)?;
    }
    Ok(())
}

#[test]
fn a_moment_before_a_gap_of_the_log_is_not_answered_with_what_there_was_earlier() -> Result<(), StorageError>
{
    let db = open()?;
    for id in 0..400 {
        db.insert(&item(id))?;
    }
    db.snapshots().create(Full)?;
    let early = last_time(&db)?;
    for id in 400..800 {
        db.insert(&item(id))?;
    }
    let lost = last_time(&db)?;
    db.insert_all(&(800..900).map(item).collect::<Vec<_>>())?;
    db.changes().register("a slow one")?;
    assert!(db.changes().prune(Retention { keep: 0, cap: Some(1) })?.discarded > 0);
    for time in [early, lost] {
        let error = db.snapshots().create_at(time).expect_err("events after the snapshot are gone");
        assert!(error.to_string().contains("the log has a gap"), "{error}");
    }
    Ok(())
}

#[test]
fn a_moment_that_nothing_reaches_is_refused() -> Result<(), StorageError> {
    let db = open()?;
    for id in 0..400 {
        db.insert(&item(id))?;
    }
    let (begins, early) = (db.changes().since(0)?.next().expect("there is one")?.timestamp, last_time(&db)?);
    let refused = |time: Timestamp| {
        let present = (all(&db)?, db.changes().head()?, db.snapshots().list()?);
        let error = db.snapshots().restore_to(time).expect_err("nothing reaches it");
        let out =
            matches!(&error.source, Cause::Snapshot(of) if matches!(**of, SnapshotError::OutOfReach { .. }));
        assert!(out, "{error}");
        assert_eq!((all(&db)?, db.changes().head()?, db.snapshots().list()?), present, "nothing was touched");
        Ok::<_, StorageError>(error.to_string())
    };
    let before = Timestamp::from_micros(begins.micros() - 1);
    assert!(refused(before)?.contains("the object begins at"));
    let later = Timestamp::from_micros(last_time(&db)?.micros() + 3_600_000_000);
    for refused in [db.snapshots().restore_to(later).map(drop), db.snapshots().create_at(later).map(drop)] {
        let error = refused.expect_err("it is yet to come").source;
        assert!(
            matches!(&error, Cause::Snapshot(of) if matches!(**of, SnapshotError::Future { .. })),
            "{error}"
        );
    }
    let snapshot = db.snapshots().create(Full)?;
    db.delete::<Item>(3)?;
    let documents = all(&db)?;
    let late = last_time(&db)?;
    db.snapshots().restore(snapshot.id)?;
    db.insert(&item(900))?;
    db.snapshots().restore_to(late)?;
    assert_eq!(all(&db)?, documents);
    db.changes().prune(Retention { keep: 0, cap: None })?;
    assert!(refused(early)?.contains("the log begins with event"));
    // a restore from what is gone stands no longer in the way once another one came after it
    db.insert(&item(901))?;
    let late = last_time(&db)?;
    let points = db.snapshots().list()?;
    db.snapshots().restore(points[1].id)?;
    db.snapshots().restore(points[0].id)?;
    let (last, documents) = (last_time(&db)?, all(&db)?);
    db.snapshots().delete(points[1].id)?;
    assert!(refused(late)?.contains("which is gone"));
    db.snapshots().restore_to(last)?;
    assert_eq!(all(&db)?, documents);
    Ok(())
}

/// Versions of a collection whose column was renamed twice; the last does not know the first name.
mod steps {
    use super::*;

    pub(crate) mod first {
        use super::*;

        #[derive(Collection, Clone, Debug, PartialEq)]
        pub(crate) struct Step {
            #[id]
            pub(crate) id: i64,
            pub(crate) a: String,
        }
    }

    pub(crate) mod second {
        use super::*;

        #[derive(Collection, Clone, Debug, PartialEq)]
        pub(crate) struct Step {
            #[id]
            pub(crate) id: i64,
            #[was("a")]
            pub(crate) b: String,
        }
    }

    pub(crate) mod third {
        use super::*;

        #[derive(Collection, Clone, Debug, PartialEq)]
        pub(crate) struct Step {
            #[id]
            pub(crate) id: i64,
            #[was("b")]
            pub(crate) c: Option<String>,
        }
    }
}

#[test]
fn documents_of_an_early_schema_take_every_step_wherever_they_go() -> Result<(), StorageError> {
    let (place, other) = (Place::new(), Place::new());
    let taken = {
        let db = options(1).object("one").open(place.path(), collections![steps::first::Step])?;
        options(2).object("other").open(other.path(), collections![steps::first::Step])?;
        db.insert(&steps::first::Step { id: 1, a: "kept".into() })?;
        db.snapshots().create(Full)?
    };
    for (seed, path) in [(1, place.path()), (2, other.path())] {
        Options::new().open(&path, collections![steps::second::Step]).map(drop)?;
        options(seed).open(path, collections![steps::third::Step]).map(drop)?;
    }
    let db = options(1).open(place.path(), collections![steps::third::Step])?;
    let later = db.snapshots().create(Full)?;
    assert_eq!(db.snapshots().diff(taken.id, later.id)?, [], "nothing was changed");
    let other = options(2).open(other.path(), collections![steps::third::Step])?;
    let expected = steps::third::Step { id: 1, c: Some("kept".into()) };
    db.snapshots().restore_into(taken.id, &other)?;
    assert_eq!(documents::<steps::third::Step>(&other)?, std::slice::from_ref(&expected));
    db.snapshots().restore(taken.id)?;
    assert_eq!(documents::<steps::third::Step>(&db)?, [expected]);
    Ok(())
}

/// The same columns under another id.
mod ids {
    use super::*;

    pub(crate) mod one {
        use super::*;

        #[derive(Collection, Clone, Debug, PartialEq)]
        #[collection(id(a, b), columnar(threshold = 8))]
        pub(crate) struct Pair {
            pub(crate) a: i64,
            pub(crate) b: i64,
        }
    }

    pub(crate) mod other {
        use super::*;

        #[derive(Collection, Clone, Debug, PartialEq)]
        #[collection(id(b), columnar(threshold = 8))]
        pub(crate) struct Pair {
            pub(crate) a: i64,
            pub(crate) b: i64,
        }
    }
}

#[test]
fn documents_of_another_id_are_refused() -> Result<(), StorageError> {
    let db = options(1).object("one").open_in_memory(collections![ids::one::Pair])?;
    db.insert_all(&(0..40).map(|at| ids::one::Pair { a: at, b: at % 7 }).collect::<Vec<_>>())?;
    db.maintain(Maintenance::default())?;
    let taken = db.snapshots().create(Full)?;
    let other = options(2).object("other").open_in_memory(collections![ids::other::Pair])?;
    let present = ids::other::Pair { a: 1, b: 1 };
    other.insert(&present)?;
    let error = db.snapshots().restore_into(taken.id, &other).expect_err("40 documents have 7 ids");
    assert!(matches!(error.source, Cause::Migration { .. }), "{error}");
    assert_eq!(documents::<ids::other::Pair>(&other)?, [present]);
    Ok(())
}
