//! The change log: invariants 1, 2, 5, 6 and 8 of the design, and what it gives to others.

use std::{
    collections::BTreeSet,
    panic::{catch_unwind, resume_unwind},
};

use serde_json::json;
use terrace::{Cause, prelude::*};
use terrace_tests::{
    Place, Random,
    conformance::accounts::{Account, Numbered, account},
    documents, options, replayed,
};

#[test]
fn invariant_1_a_change_whose_event_cannot_be_stored_is_not_stored() -> Result<(), Box<dyn std::error::Error>>
{
    let place = Place::new();
    let db = place.open(collections![Account])?;
    db.insert(&account(1))?;
    place.sqlite().execute_batch(
        "CREATE TRIGGER refuse_update BEFORE UPDATE ON _terrace_log BEGIN SELECT RAISE(ABORT, 'no events'); END;
         CREATE TRIGGER refuse_insert BEFORE INSERT ON _terrace_log BEGIN SELECT RAISE(ABORT, 'no events'); END;",
    )?;
    let refused = [
        db.insert(&account(2)).is_err(),
        db.update::<Account>(1, |a| a.owner.clear()).is_err(),
        db.delete::<Account>(1).is_err(),
        db.upsert(&account(3)).is_err(),
        db.all::<Account>().delete().is_err(),
        db.transaction(|db| db.insert(&account(4))).is_err(),
    ];
    assert_eq!(refused, [true; 6]);
    assert_eq!(documents::<Account>(&db)?, [account(1)]);

    place.sqlite().execute_batch("DROP TRIGGER refuse_update; DROP TRIGGER refuse_insert;")?;
    db.insert(&account(2))?;
    assert_eq!(db.changes().since(0)?.count(), 2);
    Ok(())
}

/// Inside of a transaction a single write has no savepoint of its own: what it left must be gone all the same.
#[test]
fn invariant_1_a_write_that_fails_in_a_transaction_leaves_nothing() -> Result<(), Box<dyn std::error::Error>>
{
    let place = Place::new();
    let db = place.open(collections![Account, Numbered])?;
    db.insert_all(&[account(1), account(2)])?;
    place.sqlite().execute_batch(
        "CREATE TRIGGER refuse_update BEFORE UPDATE ON account BEGIN SELECT RAISE(ABORT, 'no'); END;
         CREATE TRIGGER refuse_delete BEFORE DELETE ON account BEGIN SELECT RAISE(ABORT, 'no'); END;",
    )?;
    let before = db.checksum::<Account>()?;
    db.insert(&Numbered { id: 1, name: String::new(), version: u32::MAX })?;
    db.transaction(|db| {
        let refused = [
            db.insert(&account(1)).is_err(),
            db.update::<Account>(1, |a| a.owner.clear()).is_err(),
            db.upsert(&Account { owner: String::new(), ..account(1) }).is_err(),
            db.delete::<Account>(1).is_err(),
            db.update::<Account>(3, |a| a.owner.clear()).is_err(),
            db.update::<Numbered>(1, |n| n.name.push('x')).is_err(),
            db.upsert(&Numbered { id: 1, name: "x".into(), version: u32::MAX }).is_err(),
        ];
        assert_eq!(refused, [true; 7]);
        db.insert(&account(3))
    })?;
    assert_eq!(documents::<Account>(&db)?, [account(1), account(2), account(3)]);
    assert_eq!(db.all::<Numbered>().first()?.map(|n| n.name).as_deref(), Some(""));
    assert_eq!(db.changes().since(0)?.count(), 4);
    let copy = Db::open_in_memory(collections![Account, Numbered])?;
    copy.replay(db.changes().since(0)?)?;
    assert_eq!(copy.checksum::<Account>()?, db.checksum::<Account>()?);
    assert_ne!(before, db.checksum::<Account>()?);
    Ok(())
}

/// Where the log writes a row of its own in the middle of the transaction.
#[test]
fn invariant_1_a_write_that_fails_when_the_log_is_full_leaves_nothing() -> Result<(), StorageError> {
    let db = Db::open_in_memory(collections![Account])?;
    let large = |id| Account { owner: "x".repeat(40_000), ..account(id) };
    db.transaction(|db| {
        db.insert(&large(1))?;
        db.insert(&large(2))?;
        assert!(db.insert(&large(1)).is_err());
        Ok(())
    })?;
    let events: Vec<CdcEvent> = db.changes().since(0)?.collect::<Result<_, _>>()?;
    assert_eq!(events.len(), 2);
    assert!(events[1].transaction.ends);
    Ok(())
}

/// Invariant 3: what is written meanwhile would not be in the before-image.
#[test]
fn the_closure_of_an_update_reads_and_cannot_write() -> Result<(), StorageError> {
    let db = Db::open_in_memory(collections![Account])?;
    db.insert(&account(1))?;
    db.update::<Account>(1, |a| {
        assert!(db.update::<Account>(1, |a| a.pin = None).is_err());
        assert!(db.insert(&account(2)).is_err());
        assert!(db.get::<Account>(1).is_ok());
        a.owner.clear();
    })?;
    assert_eq!(documents::<Account>(&db)?, [Account { owner: String::new(), ..account(1) }]);
    Ok(())
}

/// Without `AssertUnwindSafe`, as in a Durable Object whose panics unwind.
#[test]
fn invariant_1_a_panic_leaves_nothing() -> Result<(), StorageError> {
    let db = Db::open_in_memory(collections![Account])?;
    db.insert(&account(1))?;
    let panicked = [
        catch_unwind(|| {
            db.transaction(|db| -> Result<(), StorageError> {
                db.insert(&account(2))?;
                resume_unwind(Box::new("as planned"))
            })
        })
        .is_err(),
        catch_unwind(|| db.update::<Account>(1, |_| resume_unwind(Box::new("as planned")))).is_err(),
    ];
    assert_eq!(panicked, [true; 2]);
    db.insert(&account(3))?;
    assert_eq!(documents::<Account>(&db)?, [account(1), account(3)]);
    assert_eq!(db.changes().since(0)?.count(), 2);
    Ok(())
}

/// A statement takes 20 accounts at once, since it has at most 100 parameters.
#[test]
fn invariant_1_many_documents_are_stored_all_or_none() -> Result<(), StorageError> {
    for count in [0, 1, 19, 20, 21, 60, 61] {
        let accounts: Vec<Account> = (1..=count).map(account).collect();
        let db = Db::open_in_memory(collections![Account])?;
        assert_eq!(db.insert_all(&accounts)?, accounts.len() as u64);
        assert_eq!(documents::<Account>(&db)?, accounts);
        assert_eq!(db.changes().since(0)?.count(), accounts.len());
    }
    let many: Vec<Account> = (1..=60).map(account).collect();
    for twice in [1, 15, 50] {
        let db = Db::open_in_memory(collections![Account])?;
        db.transaction(|db| {
            db.insert(&account(twice))?;
            assert!(db.insert_all(&many).is_err());
            db.insert(&account(61))
        })?;
        assert_eq!(documents::<Account>(&db)?, [account(twice), account(61)]);
        assert_eq!(db.changes().since(0)?.count(), 2);
    }
    Ok(())
}

#[test]
fn invariant_1_a_transaction_that_sqlite_ended_takes_nothing_more() -> Result<(), Box<dyn std::error::Error>>
{
    let place = Place::new();
    let db = place.open(collections![Account])?;
    place.sqlite().execute_batch(
        "CREATE TRIGGER disaster BEFORE INSERT ON account WHEN NEW.id = 13
         BEGIN SELECT RAISE(ROLLBACK, 'as on a full disk'); END",
    )?;
    let stubborn = db.transaction(|db| {
        db.insert(&account(1))?;
        assert!(db.insert(&account(13)).is_err());
        let error = db.insert(&account(2)).expect_err("there is no transaction any more");
        assert!(matches!(error.source, Cause::RolledBack), "{error}");
        let nested = db.transaction(|db| db.insert(&account(3)));
        assert!(nested.is_err());
        Ok(())
    });
    assert!(stubborn.is_err());
    assert_eq!((db.all::<Account>().count()?, db.changes().head()?), (0, 0));
    db.insert(&account(4))?;
    assert_eq!(documents::<Account>(&replayed(&db, collections![Account])?)?, [account(4)]);
    Ok(())
}

#[test]
fn invariant_2_two_connections_share_one_gapless_sequence() -> Result<(), StorageError> {
    let place = Place::new();
    let (one, two) = (place.open(collections![Account])?, place.open(collections![Account])?);
    let mut random = Random(3);
    for id in 0..400 {
        let db = if random.below(2) == 0 { &one } else { &two };
        if random.below(20) == 0 {
            assert!(
                db.transaction(|db| db.insert(&account(id)).and(Err::<(), _>(StorageError::abort("no"))))
                    .is_err()
            );
        }
        if random.below(50) == 0 {
            let many: Vec<Account> = (0..700).map(|at| account(1_000 + id * 1_000 + at)).collect();
            db.insert_all(&many)?;
        }
        db.insert(&account(id))?;
    }
    for db in [&one, &two] {
        let sequences: Vec<u64> =
            db.changes().since(0)?.map(|event| event.map(|e| e.sequence)).collect::<Result<_, _>>()?;
        assert!(sequences.iter().copied().eq(1..=sequences.len() as u64));
        assert_eq!(db.checksum::<Account>()?, replayed(db, collections![Account])?.checksum::<Account>()?);
    }
    assert_eq!(one.checksum::<Account>()?, two.checksum::<Account>()?);
    Ok(())
}

#[test]
fn invariant_2_an_event_id_names_the_event_for_ever() -> Result<(), StorageError> {
    let place = Place::new();
    let db = place.open(collections![Account])?;
    db.insert(&account(1))?;
    let id = || db.changes().since(0)?.next().expect("an event").map(|event| event.id());
    let first = id()?;
    assert_eq!(first, format!("{}/{}/1", db.object_id(), db.lineage()?));
    for at in 2..200 {
        db.insert(&account(at))?;
    }
    assert_eq!(id()?, first);
    drop(db);
    let db = place.open(collections![Account])?;
    assert_eq!(db.changes().since(0)?.next().expect("an event")?.id(), first);
    Ok(())
}

/// As a platform does it that keeps every state of the database: the bookmark is taken while the mark is there.
#[test]
fn invariant_6_events_after_a_rewind_have_ids_of_their_own() -> Result<(), Box<dyn std::error::Error>> {
    let (place, rewound) = (Place::new(), Place::new());
    let db = place.open(collections![Account])?;
    db.insert(&account(1))?;
    place.sqlite().execute("INSERT INTO _terrace_bookmark (mark) VALUES (x'01')", [])?;
    place.sqlite().execute("VACUUM INTO ?1", [rewound.path().to_str()])?;
    place.sqlite().execute("DELETE FROM _terrace_bookmark", [])?;
    db.insert_all(&[account(2), account(3)])?;

    let before = db.lineage()?;
    let copy = options(7).open(rewound.path(), collections![Account])?;
    copy.insert(&account(4))?;
    let events = |db: &Db| db.changes().since(0)?.collect::<Result<Vec<CdcEvent>, _>>();
    let seen: Vec<_> =
        events(&copy)?.iter().map(|e| (e.operation, e.sequence, e.lineage == before)).collect();
    let (insert, restore) = (CdcOperation::Insert, CdcOperation::Restore);
    assert_eq!(seen, [(insert, 1, true), (restore, 2, false), (insert, 3, false)]);
    let ids: BTreeSet<String> = events(&db)?.iter().chain(&events(&copy)?).map(CdcEvent::id).collect();
    assert_eq!(ids.len(), 5, "one event is of both: {ids:?}");
    let lineage = copy.lineage()?;
    drop(copy);
    assert_eq!(rewound.open(collections![Account])?.lineage()?, lineage, "the mark is gone");
    Ok(())
}

/// Invariant 8: whatever stands in the log, reading it gives events or a typed error.
#[test]
fn invariant_8_every_flipped_bit_of_the_log_is_detected() -> Result<(), Box<dyn std::error::Error>> {
    let place = Place::new();
    let db = place.open(collections![Account])?;
    db.insert_all(&[account(1), account(2)])?;
    db.update::<Account>(2, |a| a.pin = None)?;
    let sqlite = place.sqlite();
    let good: Vec<u8> = sqlite.query_row("SELECT bytes FROM _terrace_log", [], |row| row.get(0))?;
    for bit in 0..good.len() * 8 {
        let mut bad = good.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        sqlite.execute("UPDATE _terrace_log SET bytes = ?1", [bad])?;
        let outcome: Result<Vec<CdcEvent>, StorageError> = db.changes().since(0)?.collect();
        assert!(matches!(outcome.expect_err("detected").source, Cause::Corrupt { .. }), "bit {bit}");
    }
    Ok(())
}

#[test]
fn invariant_8_hostile_bytes_in_the_log_are_a_typed_error() -> Result<(), Box<dyn std::error::Error>> {
    let place = Place::new();
    let db = place.open(collections![Account])?;
    db.insert(&account(1))?;
    let sqlite = place.sqlite();
    let seed = terrace_tests::seed();
    let mut random = Random(seed);
    for _ in 0..3_000 {
        let length = usize::try_from(random.below(60))?;
        let payload: Vec<u8> = (0..length).map(|_| random.bits().to_le_bytes()[0]).collect();
        // A right checksum, so that the bytes reach the decoder.
        let mut bytes = vec![u8::try_from(length)?];
        bytes.extend_from_slice(&crc32fast::hash(&payload).to_le_bytes());
        bytes.extend_from_slice(&payload);
        sqlite.execute("UPDATE _terrace_log SET bytes = ?1", [bytes])?;
        for event in db.changes().since(0)? {
            if let Err(error) = event {
                assert!(matches!(error.source, Cause::Corrupt { .. }), "TERRACE_SEED={seed}: {error}");
            }
        }
    }
    Ok(())
}

#[test]
fn invariant_8_hostile_numbers_in_the_log_are_a_typed_error() -> Result<(), Box<dyn std::error::Error>> {
    let numbers = [0, 1, 2, 1 << 32, i64::MAX - 1, i64::MAX, -1, i64::MIN];
    for first in numbers {
        for count in numbers {
            let place = Place::new();
            let db = place.open(collections![Account])?;
            db.insert(&account(1))?;
            let consumer = db.changes().register("slow")?;
            let damage = "UPDATE _terrace_log SET first_seq = ?1, count = ?2";
            if (first, count) != (1, 1) && place.sqlite().execute(damage, [first, count]).is_ok() {
                let read: Result<Vec<CdcEvent>, StorageError> =
                    db.changes().since(0).and_then(Iterator::collect);
                assert!(read.is_err() || read.is_ok_and(|events| events.is_empty()), "{first} {count}");
                // Whatever these say, they say it without a panic.
                let _ = (db.insert(&account(2)), consumer.lag(), db.changes().register("new"));
                let _ = (
                    db.changes().prune(Retention { keep: 0, cap: Some(1) }),
                    db.fork(),
                    db.checksum::<Account>(),
                );
            }
        }
    }
    Ok(())
}

#[test]
fn invariant_8_a_length_beyond_the_end_is_a_typed_error() -> Result<(), Box<dyn std::error::Error>> {
    let place = Place::new();
    let db = place.open(collections![Account])?;
    db.insert(&account(1))?;
    // An insert under schema 1, no NULLs, id 0, and an owner of 2^63 bytes.
    let payload = [3, 0, 8, 0, 0, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01];
    let mut bytes = vec![u8::try_from(payload.len())?];
    bytes.extend_from_slice(&crc32fast::hash(&payload).to_le_bytes());
    bytes.extend_from_slice(&payload);
    place.sqlite().execute("UPDATE _terrace_log SET bytes = ?1", [bytes])?;
    let error = db.changes().since(0)?.find_map(Result::err).ok_or("an error")?;
    assert!(error.to_string().contains("it ends too early"), "{error}");
    Ok(())
}

#[test]
fn capture_says_how_much_an_event_holds() -> Result<(), StorageError> {
    #[derive(Collection, Clone, Debug, PartialEq)]
    #[collection(capture = "after")]
    struct After {
        #[id]
        id: i64,
        text: String,
    }

    #[derive(Collection, Clone, Debug, PartialEq)]
    #[collection(capture = "keys")]
    struct Keys {
        #[id]
        id: i64,
        text: String,
    }

    let db = Db::open_in_memory(collections![After, Keys])?;
    db.insert(&After { id: 1, text: "a".into() })?;
    db.update::<After>(1, |a| a.text = "b".into())?;
    db.delete::<After>(1)?;
    let after: Vec<Change<After>> = db
        .changes()
        .since(0)?
        .filter_map(|event| event.and_then(|e| Ok(e.change()?)).transpose())
        .collect::<Result<_, _>>()?;
    let b = After { id: 1, text: "b".into() };
    assert_eq!(after[1..], [Change::Updated { before: None, after: b }, Change::Deleted { before: None }]);
    assert_eq!(documents::<After>(&replayed(&db, collections![After])?)?, documents::<After>(&db)?);

    db.insert(&Keys { id: 7, text: "secret".into() })?;
    let event = db.changes().since(3)?.next().expect("an event")?;
    assert_eq!(event.change::<Keys>()?, Some(Change::Touched));
    assert!(!event.to_json().to_string().contains("secret"));
    let error = replayed(&db, collections![After, Keys]).expect_err("a refusal");
    assert!(matches!(error.source, Cause::NotReplayable { sequence: 4, capture: "keys" }), "{error}");
    Ok(())
}

#[test]
fn outputs_have_the_shapes_that_others_read() -> Result<(), StorageError> {
    let db = options(1).object("bank 7").open_in_memory(collections![Account])?;
    db.insert(&account(1))?;
    db.update::<Account>(1, |a| a.balance = Decimal::from_unscaled(-1).expect("it fits"))?;
    let events: Vec<CdcEvent> = db.changes().since(0)?.collect::<Result<_, _>>()?;
    let update = &events[1];
    let lineage = db.lineage()?;
    let row = |balance: &str, opened: serde_json::Value| json!({"id": 1, "owner": "owner 1", "pin": "***", "opened": opened, "balance": balance});

    let native = update.to_json();
    assert_eq!(
        native,
        json!({
            "id": format!("bank 7/{lineage}/2"),
            "operation": "UPDATE",
            "collection": "account",
            "documentId": "1",
            "timestamp": update.timestamp.to_string(),
            "sequence": 2,
            "before": row("1.05", "1970-01-01T00:00:00.000001Z".into()),
            "after": row("-0.01", "1970-01-01T00:00:00.000001Z".into()),
        })
    );

    let debezium = update.to_debezium().expect("an update");
    assert_eq!(debezium["op"], "u");
    assert_eq!(debezium["before"], row("1.05", 1.into()));
    assert_eq!(debezium["after"], row("-0.01", 1.into()));
    assert_eq!(debezium["source"]["table"], "account");
    assert_eq!(debezium["ts_ms"], update.timestamp.micros() / 1_000);
    assert_eq!(
        debezium["transaction"],
        json!({"id": format!("{lineage}:2"), "total_order": 1, "data_collection_order": 1})
    );

    let cloud = update.to_cloud_event();
    assert_eq!(cloud["specversion"], "1.0");
    assert_eq!((&cloud["id"], &cloud["data"]), (&native["id"], &native));
    assert_eq!(cloud["source"], "/terrace/bank%207");
    assert_eq!((&cloud["type"], &cloud["subject"]), (&json!("terrace.account.update"), &json!("1")));
    Ok(())
}

#[test]
fn an_integer_that_javascript_would_round_is_text_in_outputs() -> Result<(), StorageError> {
    let db = Db::open_in_memory(collections![Account])?;
    db.insert(&Account { id: 9_007_199_254_740_993, ..account(1) })?;
    let event = db.changes().since(0)?.next().expect("an event")?;
    assert_eq!(event.to_json()["after"]["id"], "9007199254740993");
    Ok(())
}

#[test]
fn more_collections_than_a_state_holds_keep_their_checksums() -> Result<(), StorageError> {
    macro_rules! many {
        ($($name:ident),*) => {
            $(#[derive(Collection, Clone, Debug, PartialEq)] struct $name { #[id] id: i64, text: String })*
            fn collections() -> terrace::schema::Collections { collections![$($name),*] }
            fn insert(db: &Db, id: i64) -> Result<(), StorageError> {
                $(db.insert(&$name { id, text: format!("{id}") })?;)*
                Ok(())
            }
            fn check(db: &Db, copy: &Db, count: u64) -> Result<(), StorageError> {
                $(
                    assert_eq!(db.checksum::<$name>()?, copy.checksum::<$name>()?);
                    assert_eq!(db.checksum::<$name>()?.documents, count);
                )*
                Ok(())
            }
        };
    }
    many!(A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P, Q, R, S, T, U, V, W, X, Y, Z, Aa, Bb, Cc, Dd);

    let place = Place::new();
    let db = place.open(collections())?;
    for id in 0..50 {
        if id % 2 == 0 { insert(&db, id)? } else { db.transaction(|db| insert(db, id))? }
    }
    drop(db);
    let db = place.open(collections())?;
    check(&db, &replayed(&db, collections())?, 50)
}
