//! Insert, get, update, upsert, delete: one document at a time and many.

use terrace::{Cause, prelude::*};

use super::{
    Checked, Home,
    documents::{City, Reading, city},
    fits, named, same,
};

named![
    "write":
    a_document_comes_back,
    an_update_writes_what_changed,
    an_update_that_changes_nothing_writes_nothing,
    an_upsert_inserts_and_replaces,
    a_delete_says_whether_there_was_one,
    many_documents_are_stored_or_none,
    rows_by_row_number_over_the_whole_range,
    an_old_version_is_refused,
];

fn a_document_comes_back(home: &dyn Home) -> Checked {
    let db = home.open(collections![City])?;
    db.insert(&city("Bonn", 330_000))?;
    same!(db.get::<City>("Bonn")?, Some(city("Bonn", 330_000)));
    same!(db.get::<City>("Köln")?, None);
    drop(db);
    same!(home.open(collections![City])?.get::<City>("Bonn")?, Some(city("Bonn", 330_000)));
    Ok(())
}

fn an_update_writes_what_changed(home: &dyn Home) -> Checked {
    let db = home.open(collections![City])?;
    db.insert(&city("Bonn", 330_000))?;
    let updated = db.update::<City>("Bonn", |c| c.people += 1)?;
    same!(updated, City { version: 1, ..city("Bonn", 330_001) });
    same!(db.get::<City>("Bonn")?, Some(updated));
    fits!(db.update::<City>("Köln", |c| c.people = 0).map_err(|e| e.source), Err(Cause::NotFound { .. }));
    fits!(db.update::<City>("Bonn", |c| c.name.clear()).map_err(|e| e.source), Err(Cause::IdChanged { .. }));
    Ok(())
}

fn an_update_that_changes_nothing_writes_nothing(home: &dyn Home) -> Checked {
    let db = home.open(collections![City])?;
    db.insert(&city("Bonn", 1))?;
    same!(db.update::<City>("Bonn", |c| c.people = 1)?.version, 0);
    same!(db.changes().head()?, 1);
    Ok(())
}

fn an_upsert_inserts_and_replaces(home: &dyn Home) -> Checked {
    let db = home.open(collections![City])?;
    same!(db.upsert(&city("Bonn", 1))?.version, 0);
    same!(db.upsert(&city("Bonn", 2))?, City { version: 1, ..city("Bonn", 2) });
    fits!(db.upsert(&city("Bonn", 3)).map_err(|e| e.source), Err(Cause::Conflict { .. }));
    same!(db.all::<City>().count()?, 1);
    Ok(())
}

fn a_delete_says_whether_there_was_one(home: &dyn Home) -> Checked {
    let db = home.open(collections![City])?;
    db.insert(&city("Bonn", 1))?;
    same!((db.delete::<City>("Bonn")?, db.delete::<City>("Bonn")?), (true, false));
    same!(db.get::<City>("Bonn")?, None);
    same!(db.changes().head()?, 2);
    Ok(())
}

fn many_documents_are_stored_or_none(home: &dyn Home) -> Checked {
    let db = home.open(collections![City])?;
    let mut cities: Vec<City> = (0..1_000).map(|at| city(&format!("{at:04}"), at)).collect();
    same!(db.insert_all(&cities)?, 1_000);
    same!(db.all::<City>().limit(2_000).all()?, cities);
    cities.truncate(1);
    let both = [city("new", 1), cities.remove(0)];
    fits!(db.insert_all(&both).map_err(|e| e.source), Err(Cause::NotUnique { .. }));
    same!((db.all::<City>().count()?, db.changes().head()?), (1_000, 1_000));
    same!(db.insert_all::<City>(&[])?, 0);
    Ok(())
}

fn rows_by_row_number_over_the_whole_range(home: &dyn Home) -> Checked {
    let db = home.open(collections![Reading])?;
    let numbers = [i64::MIN, -9_007_199_254_740_993, -1, 0, 9_007_199_254_740_993, i64::MAX];
    for at in numbers {
        db.insert(&Reading { at, celsius: 0.5 })?;
    }
    for at in numbers {
        same!(db.update::<Reading>(at, |r| r.celsius = -0.5)?, Reading { at, celsius: -0.5 });
    }
    let found: Vec<i64> = db.all::<Reading>().order_by(|r| r.at.asc()).all()?.iter().map(|r| r.at).collect();
    same!(found, numbers);
    for at in numbers {
        same!(db.delete::<Reading>(at)?, true);
    }
    same!(db.all::<Reading>().exists()?, false);
    Ok(())
}

fn an_old_version_is_refused(home: &dyn Home) -> Checked {
    let db = home.open(collections![City])?;
    let first = city("Bonn", 1);
    first.insert(&db)?;
    first.update(&db, |c| c.people = 2)?;
    fits!(first.update(&db, |c| c.people = 3).map_err(|e| e.source), Err(Cause::Conflict { found: 1, .. }));
    fits!(first.delete(&db).map_err(|e| e.source), Err(Cause::Conflict { .. }));
    Ok(())
}
