//! Transactions: invariant 1, nested, aborted, failed halfway.

use terrace::{Cause, prelude::*};

use super::{
    Checked, Home, Refused,
    documents::{City, Reading, city},
    fits, holds, named, same,
};

named![
    "transaction":
    a_transaction_is_kept_or_not,
    a_savepoint_fails_by_itself,
    an_error_in_the_middle_leaves_nothing,
    many_savepoints_in_one_transaction,
    a_transaction_over_two_collections_is_one_frame,
    a_statement_that_fails_takes_no_other_with_it,
];

fn a_transaction_is_kept_or_not(home: &dyn Home) -> Checked {
    let db = home.open(collections![City])?;
    let kept = db.transaction(|db| {
        db.insert(&city("Bonn", 1))?;
        db.update::<City>("Bonn", |c| c.people = 2)
    })?;
    same!(kept.people, 2);
    let aborted = db.transaction(|db| {
        db.insert(&city("Köln", 1))?;
        db.delete::<City>("Bonn")?;
        same_count(db, 1)?;
        Err::<(), _>(StorageError::abort("no"))
    });
    let error = aborted.refused()?;
    fits!(error.source, Cause::Aborted(_));
    holds!(error.to_string().ends_with("no"), "{error}");
    same!(db.all::<City>().all()?, [kept]);
    same!(db.changes().head()?, 2);
    Ok(())
}

fn same_count(db: &Db, count: u64) -> Result<(), StorageError> {
    if db.all::<City>().count()? == count { Ok(()) } else { Err(StorageError::abort("another count")) }
}

fn a_savepoint_fails_by_itself(home: &dyn Home) -> Checked {
    let db = home.open(collections![City])?;
    db.transaction(|db| {
        db.insert(&city("a", 1))?;
        let inner = db.transaction(|db| {
            db.insert(&city("b", 1))?;
            db.transaction(|db| db.insert(&city("c", 1)))?;
            Err::<(), _>(StorageError::abort("no"))
        });
        if inner.is_ok() {
            return Err(StorageError::abort("the inner one was kept"));
        }
        db.transaction(|db| db.insert(&city("d", 1)))?;
        same_count(db, 2)
    })?;
    let names: Vec<String> = db.all::<City>().all()?.into_iter().map(|c| c.name).collect();
    same!(names, ["a", "d"]);
    let ids: Vec<String> = db
        .changes()
        .since(0)?
        .map(|event| event.map(|event| format!("{:?}", event.id_values())))
        .collect::<Result<_, _>>()?;
    same!(ids, ["[Text(\"a\")]", "[Text(\"d\")]"]);
    Ok(())
}

fn an_error_in_the_middle_leaves_nothing(home: &dyn Home) -> Checked {
    let db = home.open(collections![City])?;
    db.insert(&city("Bonn", 1))?;
    let failed = db.transaction(|db| {
        db.insert(&city("Köln", 1))?;
        db.insert(&city("Bonn", 2))
    });
    fits!(failed.refused()?.source, Cause::NotUnique { .. });
    same!((db.all::<City>().count()?, db.changes().head()?), (1, 1));
    db.insert(&city("Köln", 1))?;
    same!(db.changes().head()?, 2);
    Ok(())
}

fn many_savepoints_in_one_transaction(home: &dyn Home) -> Checked {
    let db = home.open(collections![Reading])?;
    db.transaction(|db| {
        for at in 0..300 {
            let _ = db.transaction(|db| {
                db.insert(&Reading { at, celsius: 0.0 })?;
                if at % 3 == 0 { Err(StorageError::abort("no")) } else { Ok(()) }
            });
        }
        Ok(())
    })?;
    same!((db.all::<Reading>().count()?, db.changes().head()?), (200, 200));
    same!(db.checksum::<Reading>()?.documents, 200);
    Ok(())
}

fn a_transaction_over_two_collections_is_one_frame(home: &dyn Home) -> Checked {
    let db = home.open(collections![City, Reading])?;
    db.transaction(|db| {
        db.insert(&city("Bonn", 1))?;
        db.insert(&Reading { at: 1, celsius: 1.0 })
    })?;
    let events: Vec<CdcEvent> = db.changes().since(0)?.collect::<Result<_, _>>()?;
    let seen: Vec<_> =
        events.iter().map(|e| (e.collection(), e.transaction.first, e.transaction.ends)).collect();
    same!(seen, [(Some("city"), 1, false), (Some("reading"), 1, true)]);
    Ok(())
}

fn a_statement_that_fails_takes_no_other_with_it(home: &dyn Home) -> Checked {
    let db = home.open(collections![City])?;
    db.transaction(|db| {
        db.insert(&city("Bonn", 1))?;
        let same_code = City { code: Some("code Bonn".into()), ..city("Köln", 1) };
        if db.insert(&same_code).is_ok() || db.insert_all(&[city("Ulm", 1), same_code]).is_ok() {
            return Err(StorageError::abort("two cities of one code"));
        }
        db.insert(&city("Mainz", 1))
    })?;
    let names: Vec<String> = db.all::<City>().all()?.into_iter().map(|c| c.name).collect();
    same!(names, ["Bonn", "Mainz"]);
    same!(db.changes().since(0)?.count(), 2);
    Ok(())
}
