//! Maintenance: what moves into columns, how much at a time, and what keeps groups in shape.

use terrace::{
    Cause,
    hot::{Maintained, Maintenance},
    prelude::*,
};

use super::{
    Checked, Home, Refused,
    columnar::{Item, columns, in_groups, item},
    fits, holds, named, same,
};
use crate::{Random, documents};

named![
    "maintenance":
    maintenance_is_bounded_and_says_whether_there_is_more,
    groups_are_kept_in_shape,
    documents_that_are_too_large_stay_rows,
    a_collection_can_refuse_columns,
    maintenance_inside_of_a_transaction_is_refused,
];

fn maintenance_is_bounded_and_says_whether_there_is_more(home: &dyn Home) -> Checked {
    let db = home.open(collections![Item])?;
    db.insert_all(&(0..9).map(item).collect::<Vec<_>>())?;
    same!(db.maintain(Maintenance::default())?, Maintained { moved: 1, groups: 1, ..Maintained::default() });
    same!(db.maintain(Maintenance::default())?, Maintained::default(), "nothing to do");
    db.insert_all(&(9..300).map(item).collect::<Vec<_>>())?;
    let done = db.maintain(Maintenance { documents: 50, ..Maintenance::default() })?;
    same!((done.moved, done.more), (50, true));
    let done = db.maintain(Maintenance { bytes: 1, ..Maintenance::default() })?;
    holds!(done.moved + done.rewritten > 0 && done.groups == 1 && done.more, "a step at least: {done:?}");
    let nothing = Maintenance { time: std::time::Duration::ZERO, ..Maintenance::default() };
    same!(db.maintain(nothing)?, Maintained { more: true, ..Maintained::default() });
    holds!(!db.maintain(Maintenance::default())?.more);
    same!(in_groups(&db)?.0, 292);
    Ok(())
}

fn groups_are_kept_in_shape(home: &dyn Home) -> Checked {
    let db = columns(home)?;
    same!(in_groups(&db)?, (492, 1));
    db.find::<Item>(|i| i.id.lt(320)).delete()?;
    same!(db.maintain(Maintenance::default())?, Maintained::default(), "less than a third");
    db.find::<Item>(|i| i.id.lt(340)).delete()?;
    let rewritten = Maintained { rewritten: 322, groups: 1, ..Maintained::default() };
    same!(db.maintain(Maintenance::default())?, rewritten);
    same!(db.all::<Item>().count()?, 330);
    for id in 1_000..1_300 {
        db.insert(&item(id))?;
        db.maintain(Maintenance::default())?;
    }
    holds!(in_groups(&db)?.1 < 10, "small groups are merged: {:?}", in_groups(&db)?);
    same!(db.all::<Item>().delete()?, 630);
    same!(db.maintain(Maintenance::default())?, Maintained::default());
    same!(in_groups(&db)?, (0, 0));
    let rest: Vec<(i64,)> = db.query("SELECT id FROM _terrace_segment", ())?;
    same!(rest, []);
    db.insert(&item(1))?;
    same!(documents::<Item>(&db)?, [item(1)]);
    Ok(())
}

fn documents_that_are_too_large_stay_rows(home: &dyn Home) -> Checked {
    let db = home.open(collections![Item])?;
    let mut random = Random(1);
    let mut noise = |size: usize| (0..size).map(|_| random.bits().to_le_bytes()[0]).collect();
    let items: Vec<Item> = (0..20)
        .map(|id| Item { data: noise(if id % 4 == 0 { 1_900_000 } else { 400_000 }), ..item(id) })
        .collect();
    db.insert_all(&items)?;
    let done = db.maintain(Maintenance::default())?;
    same!((done.moved, done.more), (12, false));
    holds!(done.groups >= 3, "a group has at most 1.5 MB");
    let sql =
        "SELECT max(size) FROM (SELECT sum(length(bytes)) AS size FROM _terrace_segment GROUP BY id >> 16)";
    holds!(db.query::<(i64,)>(sql, ())?[0].0 <= 1_500_000);
    same!(db.maintain(Maintenance::default())?, Maintained::default());
    holds!(documents::<Item>(&db)? == items);
    Ok(())
}

fn a_collection_can_refuse_columns(home: &dyn Home) -> Checked {
    #[derive(Collection)]
    #[collection(columnar(never))]
    struct Plain {
        #[id]
        id: i64,
    }

    let db = home.open(collections![Plain])?;
    db.insert_all(&(0..2_000).map(|id| Plain { id }).collect::<Vec<_>>())?;
    same!(db.maintain(Maintenance::default())?, Maintained::default());
    same!(db.query::<(i64,)>("SELECT count(*) FROM plain", ())?, [(2_000,)]);
    Ok(())
}

fn maintenance_inside_of_a_transaction_is_refused(home: &dyn Home) -> Checked {
    let db = home.open(collections![Item])?;
    let inside = db.transaction(|db| db.maintain(Maintenance::default()));
    fits!(inside.refused()?.source, Cause::InTransaction);
    Ok(())
}
