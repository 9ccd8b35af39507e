//! The change log: invariants 1, 2, 3, 5 and 6, and what it gives to others.

use terrace::{Cause, hot::Pruned, prelude::*};

use super::{
    Checked, Home, Refused,
    accounts::{Account, account},
    holds, named, replayed, same,
};
use crate::documents;

named![
    "log":
    invariant_2_the_sequence_has_no_gap,
    invariant_3_a_replay_gives_the_table,
    an_event_says_what_happened,
    a_large_document_has_an_event_of_several_parts,
    a_transaction_has_a_first_and_a_last_event,
    invariant_6_a_fork_begins_a_new_lineage_and_leaves_an_event,
    invariant_5_the_log_is_not_pruned_above_a_consumer,
    a_hard_cap_leaves_a_gap_that_the_consumer_sees,
    a_gap_that_does_not_grow_is_not_written_again,
    a_consumer_gets_what_it_has_not_acknowledged_again,
    invariant_1_an_event_whose_change_cannot_be_stored_is_not_stored,
    an_update_that_changes_nothing_leaves_no_event,
];

fn sequences(db: &Db) -> Result<Vec<u64>, StorageError> {
    db.changes().since(0)?.map(|event| event.map(|event| event.sequence)).collect()
}

fn invariant_2_the_sequence_has_no_gap(home: &dyn Home) -> Checked {
    let db = home.open(collections![Account])?;
    for id in 0..300 {
        db.insert(&account(id))?;
        if id % 10 == 0 {
            let aborted =
                db.transaction(|db| db.insert(&account(-1)).and(Err::<(), _>(StorageError::abort("no"))));
            holds!(aborted.is_err());
        }
    }
    db.insert_all(&(300..2_000).map(account).collect::<Vec<_>>())?;
    let db = home.open(collections![Account])?;
    db.insert(&account(2_000))?;
    holds!(sequences(&db)?.into_iter().eq(1..=2_001));
    same!(db.changes().since(2_000)?.count(), 1);
    Ok(())
}

fn invariant_3_a_replay_gives_the_table(home: &dyn Home) -> Checked {
    let db = home.open(collections![Account])?;
    db.insert_all(&(0..200).map(account).collect::<Vec<_>>())?;
    db.find::<Account>(|a| a.id.lt(50)).update(|a| a.owner.push('!'))?;
    db.find::<Account>(|a| a.id.ge(150)).delete()?;
    db.upsert(&account(7))?;
    let (checksum, accounts) = (db.checksum::<Account>()?, documents::<Account>(&db)?);
    let copy = replayed(home, db, collections![Account])?;
    same!((copy.checksum::<Account>()?, documents::<Account>(&copy)?), (checksum, accounts));
    Ok(())
}

fn an_event_says_what_happened(home: &dyn Home) -> Checked {
    let db = home.open(collections![Account])?;
    db.insert(&account(1))?;
    db.update::<Account>(1, |a| a.owner = "Ada".into())?;
    db.delete::<Account>(1)?;
    let events: Vec<CdcEvent> = db.changes().since(0)?.collect::<Result<_, _>>()?;
    let after = Account { owner: "Ada".into(), ..account(1) };
    let changes = events.iter().map(CdcEvent::change::<Account>).collect::<Result<Vec<_>, _>>()?;
    holds!(matches!(&changes[0], Some(Change::Inserted { after }) if *after == account(1)));
    holds!(matches!(&changes[1], Some(Change::Updated { after: now, .. }) if *now == after));
    holds!(matches!(&changes[2], Some(Change::Deleted { before: Some(before), .. }) if *before == after));
    same!(events[1].to_json()["operation"], "UPDATE");
    same!(events[1].to_json()["after"]["pin"], serde_json::Value::from("***"));
    holds!(events[0].id().starts_with(db.object_id()));
    Ok(())
}

fn a_large_document_has_an_event_of_several_parts(home: &dyn Home) -> Checked {
    let db = home.open(collections![Account])?;
    let large = |letter: &str| Account { owner: letter.repeat(1_900_000), ..account(1) };
    db.insert(&large("a"))?;
    db.update::<Account>(1, |a| *a = large("b"))?;
    let copy = replayed(home, db, collections![Account])?;
    holds!(copy.get::<Account>(1)? == Some(large("b")));
    same!(copy.changes().since(0)?.count(), 2);
    Ok(())
}

fn a_transaction_has_a_first_and_a_last_event(home: &dyn Home) -> Checked {
    let db = home.open(collections![Account])?;
    db.insert(&account(1))?;
    let many: Vec<Account> = (2..3_000).map(account).collect();
    db.insert_all(&many)?;
    db.delete::<Account>(1)?;
    let mut transactions = Vec::new();
    for event in db.changes().since(0)? {
        let event = event?;
        if event.transaction.ends {
            transactions.push((event.transaction.first, event.sequence));
        }
    }
    same!(transactions, [(1, 1), (2, 2_999), (3_000, 3_000)]);
    Ok(())
}

fn invariant_6_a_fork_begins_a_new_lineage_and_leaves_an_event(home: &dyn Home) -> Checked {
    let db = home.open(collections![Account])?;
    db.insert(&account(1))?;
    let before = db.lineage()?;
    let rolled_back = db.transaction(|db| db.fork().and(Err::<(), _>(StorageError::abort("no"))));
    holds!(rolled_back.is_err());
    same!(db.lineage()?, before);

    let after = db.fork()?;
    db.insert(&account(2))?;
    let events: Vec<CdcEvent> = db.changes().since(0)?.collect::<Result<_, _>>()?;
    let seen: Vec<_> = events.iter().map(|event| (event.operation, event.lineage, event.sequence)).collect();
    holds!(before != after);
    same!(
        seen,
        [
            (CdcOperation::Insert, before, 1),
            (CdcOperation::Restore, after, 2),
            (CdcOperation::Insert, after, 3)
        ]
    );
    same!(events[1].previous_lineage, Some(before));
    Ok(())
}

fn invariant_5_the_log_is_not_pruned_above_a_consumer(home: &dyn Home) -> Checked {
    let db = home.open(collections![Account])?;
    let slow = db.changes().register("slow")?;
    for id in 1..=500 {
        db.insert(&account(id))?;
    }
    let all = Retention { keep: 0, cap: None };
    same!(db.changes().prune(all)?, Pruned::default());
    slow.acknowledge(250)?;
    slow.acknowledge(100)?;
    holds!(db.changes().prune(all)?.rows >= 2);
    same!(slow.lag()?.events, 250);
    let left: Vec<u64> = slow.events()?.map(|event| event.map(|e| e.sequence)).collect::<Result<_, _>>()?;
    holds!(left.iter().copied().eq(251..=500));
    let error = db.changes().since(10).refused()?;
    holds!(matches!(error.source, Cause::Pruned { asked: 10, .. }), "{error}");
    holds!(matches!(slow.acknowledge(501).refused()?.source, Cause::Ahead { asked: 501, head: 500 }));

    slow.remove()?;
    db.changes().prune(all)?;
    db.insert(&account(501))?;
    same!(db.changes().head()?, 501, "invariant 2: the tail is never pruned");
    same!(db.checksum::<Account>()?.documents, 501);
    Ok(())
}

fn a_hard_cap_leaves_a_gap_that_the_consumer_sees(home: &dyn Home) -> Checked {
    let db = home.open(collections![Account])?;
    let slow = db.changes().register("slow")?;
    for id in 1..=1_000 {
        db.insert(&account(id))?;
        if id % 100 == 0 {
            db.changes().prune(Retention { keep: 0, cap: Some(200) })?;
        }
    }
    drop(slow);
    drop(db);
    let db = home.open(collections![Account])?;
    let mut events = db.changes().register("slow")?.events()?;
    let gap = events.next().expect("the gap")?;
    same!((gap.operation, gap.first_sequence), (CdcOperation::Gap, 1));
    holds!(gap.sequence >= 600 && gap.sequence <= 800, "{}", gap.sequence);
    let rest: Vec<u64> = events.map(|event| event.map(|e| e.sequence)).collect::<Result<_, _>>()?;
    holds!(rest.iter().copied().eq(gap.sequence + 1..=1_000));
    same!(gap.to_json()["firstSequence"], 1);
    Ok(())
}

fn a_gap_that_does_not_grow_is_not_written_again(home: &dyn Home) -> Checked {
    let db = home.open(collections![Account])?;
    let slow = db.changes().register("slow")?;
    for id in 1..=1_000 {
        db.insert(&account(id))?;
    }
    let cap = |cap| Retention { keep: 0, cap: Some(cap) };
    let gap = || slow.events()?.next().transpose().map(|gap| gap.map(|gap| (gap.sequence, gap.timestamp)));
    let discarded = db.changes().prune(cap(500))?.discarded;
    let first = gap()?;
    same!(first.map(|(sequence, _)| sequence), Some(discarded));
    same!(db.changes().prune(cap(500))?, Pruned::default());
    same!(gap()?, first);
    holds!(db.changes().prune(cap(200))?.discarded > discarded);
    holds!(gap()? > first);
    Ok(())
}

fn a_consumer_gets_what_it_has_not_acknowledged_again(home: &dyn Home) -> Checked {
    let db = home.open(collections![Account])?;
    db.insert_all(&[account(1), account(2), account(3)])?;
    let consumer = db.changes().register("search")?;
    same!(consumer.events()?.count(), 3);
    same!(consumer.events()?.count(), 3);
    consumer.acknowledge(2)?;
    same!(consumer.events()?.count(), 1);
    same!(db.changes().register("search")?.lag()?.acknowledged, 2);
    same!(db.changes().consumers()?, [("search".to_owned(), 2)]);
    let again = consumer.clone();
    consumer.remove()?;
    holds!(matches!(again.events().refused()?.source, Cause::NoConsumer { .. }));
    Ok(())
}

fn invariant_1_an_event_whose_change_cannot_be_stored_is_not_stored(home: &dyn Home) -> Checked {
    let db = home.open(collections![Account])?;
    db.insert(&account(1))?;
    holds!(db.insert_all(&[account(2), account(1)]).is_err());
    let nested = db.transaction(|db| {
        db.insert(&account(3))?;
        if db.insert(&account(1)).is_ok() {
            return Err(StorageError::abort("two accounts of one id"));
        }
        db.insert(&account(4))
    });
    holds!(nested.is_ok());
    let ids: Vec<i64> = db
        .changes()
        .since(0)?
        .map(|event| Ok(event?.id_values()[0].clone()))
        .collect::<Result<Vec<_>, StorageError>>()?
        .into_iter()
        .map(|value| match value {
            terrace::value::Value::Integer(id) => id,
            other => panic!("{other:?}"),
        })
        .collect();
    same!(ids, [1, 3, 4]);
    Ok(())
}

fn an_update_that_changes_nothing_leaves_no_event(home: &dyn Home) -> Checked {
    let db = home.open(collections![Account])?;
    db.insert(&account(1))?;
    db.update::<Account>(1, |a| a.owner = "owner 1".into())?;
    db.upsert(&account(1))?;
    same!(db.all::<Account>().update(|_| {})?, 0);
    same!(db.changes().head()?, 1);
    Ok(())
}
