//! What holds over rows and row groups together: unique indexes, and migrations.

use terrace::{Cause, hot::Maintenance, prelude::*};

use super::{
    Checked, Home, Refused,
    columnar::{Item, columns, in_groups},
    fits, holds, named, replayed, same,
};
use crate::documents;

named![
    "groups":
    unique_values_hold_over_rows_and_groups,
    migrations_leave_groups_as_they_are,
    a_new_unique_index_holds_over_rows_and_groups,
];

#[derive(Collection, Clone, Debug, PartialEq)]
#[collection(unique(team, seat), unique(mail, where = "open = '1'"), columnar(threshold = 8))]
struct Member {
    #[id]
    id: i64,
    #[unique]
    code: Option<i64>,
    team: String,
    seat: Option<i64>,
    mail: String,
    open: bool,
}

fn member(id: i32) -> Member {
    Member {
        id: id.into(),
        code: (id % 2 == 0).then(|| i64::MIN + i64::from(id)),
        team: format!("team {}", id % 3),
        seat: (id % 4 > 0).then(|| i64::MAX - i64::from(id)),
        mail: format!("mail {}", id / 2),
        open: id % 2 == 0,
    }
}

fn unique_values_hold_over_rows_and_groups(home: &dyn Home) -> Checked {
    let db = home.open(collections![Member])?;
    db.insert_all(&(0..100).map(member).collect::<Vec<_>>())?;
    db.maintain(Maintenance::default())?;
    same!(in_groups(&db)?.0, 92);
    let clash = |new: Member| match db.insert(&new) {
        Err(StorageError { source: Cause::NotUnique { columns, .. }, .. }) => columns,
        other => format!("{other:?}"),
    };
    let fresh =
        Member { id: 500, code: None, team: "new".into(), seat: None, mail: "new".into(), open: true };
    same!(clash(Member { code: Some(i64::MIN), ..fresh.clone() }), "member.code");
    same!(clash(Member { code: Some(i64::MIN + 98), ..fresh.clone() }), "member.code", "a row");
    let seat = Member { team: "team 1".into(), seat: Some(i64::MAX - 1), ..fresh.clone() };
    same!(clash(seat), "member.team, member.seat");
    same!(clash(Member { mail: "mail 3".into(), ..fresh.clone() }), "member.mail");
    let closed = Member { mail: "mail 3".into(), open: false, ..fresh };
    db.insert(&closed)?;
    fits!(db.update::<Member>(500, |m| m.open = true).refused()?.source, Cause::NotUnique { .. });
    fits!(db.update::<Member>(1, |m| m.open = true).refused()?.source, Cause::NotUnique { .. });
    fits!(db.update::<Member>(3, |m| m.code = Some(i64::MIN + 8)).refused()?.source, Cause::NotUnique { .. });
    fits!(
        db.upsert(&Member { code: Some(i64::MIN + 8), ..member(3) }).refused()?.source,
        Cause::NotUnique { .. }
    );
    same!(in_groups(&db)?.0, 92, "what was refused has left no group");
    same!(db.get::<Member>(3)?, Some(member(3)));
    db.update::<Member>(6, |m| m.team.push('!'))?;
    db.update::<Member>(6, |m| m.mail = "free".into())?;
    db.update::<Member>(500, |m| m.open = true)?;
    db.delete::<Member>(8)?;
    db.update::<Member>(3, |m| m.code = Some(i64::MIN + 8))?;
    db.maintain(Maintenance::default())?;
    fits!(
        db.insert(&Member { id: 501, code: Some(i64::MIN + 8), ..closed }).refused()?.source,
        Cause::NotUnique { .. }
    );
    same!(db.all::<Member>().count()?, 100);
    Ok(())
}

fn migrations_leave_groups_as_they_are(home: &dyn Home) -> Checked {
    #[derive(Collection, Clone, Debug, PartialEq)]
    #[collection(name = "member", unique(seat, label), columnar(threshold = 8))]
    struct Later {
        #[column(fill = "eu")]
        region: String,
        #[column(fill = 7)]
        seat: i64,
        #[id]
        id: i64,
        #[was("team")]
        label: String,
        extra: Option<f64>,
        #[unique]
        mail: String,
        #[column(fill = 1.5)]
        share: f64,
    }

    let db = home.open(collections![Member])?;
    let mail = |id: i32| format!("mail {id}");
    let label = |id: i32| format!("team {}", if id % 4 > 0 { id % 3 } else { id });
    let members = (0..100).map(|id| Member { mail: mail(id), team: label(id), ..member(id) });
    db.insert_all(&members.collect::<Vec<_>>())?;
    db.maintain(Maintenance::default())?;
    db.update::<Member>(5, |m| m.mail = "five".into())?;
    let groups: Vec<(i64,)> = db.query("SELECT number FROM _terrace_group", ())?;
    drop(db);
    let later = |id: i32| Later {
        region: "eu".into(),
        seat: member(id).seat.unwrap_or(7),
        id: id.into(),
        label: label(id),
        extra: None,
        mail: if id == 5 { "five".into() } else { mail(id) },
        share: 1.5,
    };
    let all: Vec<Later> = (0..100).map(later).collect();
    let db = home.open(collections![Later])?;
    same!(db.query::<(i64,)>("SELECT number FROM _terrace_group", ())?, groups);
    holds!(documents::<Later>(&db)? == all);
    same!(db.get::<Later>(8)?, Some(later(8)));
    same!(db.find::<Later>(|l| l.seat.eq(7)).count()?, 25);
    same!(db.find::<Later>(|l| l.seat.ne(7).and(l.region.eq("eu")).and(l.share.lt(2.0))).count()?, 75);
    same!(db.find::<Later>(|l| l.extra.is_some().or(l.region.eq("us"))).count()?, 0);
    same!(
        db.find::<Later>(|l| l.label.starts_with("team 1")).order_by(|l| l.seat.asc()).limit(1).all()?.len(),
        1
    );
    let clash = |new: Later| matches!(db.insert(&new), Err(e) if matches!(e.source, Cause::NotUnique { .. }));
    holds!(clash(Later { id: 500, mail: "other".into(), ..later(8) }), "filled values are unique values");
    holds!(clash(Later { id: 500, seat: 8, ..later(9) }));
    same!(
        db.query::<(String, i64)>("SELECT region, count(*) FROM member GROUP BY 1", ())?,
        [("eu".into(), 100)]
    );
    db.update::<Later>(10, |l| l.extra = Some(-0.0))?;
    db.delete::<Later>(11)?;
    let (kept, checksum) = (documents::<Later>(&db)?, db.checksum::<Later>()?);
    let done = db.maintain(Maintenance::default())?;
    holds!(done.rewritten == 89, "groups of an earlier schema are encoded anew: {done:?}");
    holds!(documents::<Later>(&db)? == kept);
    holds!(clash(Later { id: 500, mail: "other".into(), ..later(8) }));
    let copy = replayed(home, db, collections![Later])?;
    holds!(documents::<Later>(&copy)? == kept);
    same!(copy.checksum::<Later>()?, checksum);
    Ok(())
}

fn a_new_unique_index_holds_over_rows_and_groups(home: &dyn Home) -> Checked {
    #[derive(Collection, Clone, Debug, PartialEq)]
    #[collection(name = "item", unique(rank, group), columnar(threshold = 8))]
    struct Unique {
        #[id]
        id: i64,
        group: Option<String>,
        rank: i64,
        score: Option<f64>,
        data: Vec<u8>,
    }

    let db = columns(home)?;
    for id in (0..1_000).step_by(2).filter(|id| ![300, 400].contains(id)) {
        db.update::<Item>(id, |i| i.rank = i.id)?;
    }
    let twins = |db: &Db, a, b| {
        db.update::<Item>(a, |i| (i.rank, i.group) = (-1, Some("twin".into())))?;
        db.update::<Item>(b, |i| (i.rank, i.group) = (-1, Some("twin".into())))
    };
    twins(&db, 300, 400)?;
    db.maintain(Maintenance::default())?;
    drop(db);
    let refused = |home: &dyn Home| {
        let error = home.open(collections![Unique]).refused()?;
        fits!(&error.source, Cause::NotUnique { columns, .. } if columns == "item.rank, item.group");
        Ok::<(), super::Failed>(())
    };
    refused(home)?;
    let db = home.open(collections![Item])?;
    same!(db.all::<Item>().count()?, 500, "a group and a group: nothing has changed");
    db.update::<Item>(400, |i| i.rank = 400)?;
    twins(&db, 300, 998)?;
    drop(db);
    refused(home)?;
    let db = home.open(collections![Item])?;
    db.update::<Item>(998, |i| i.rank = 998)?;
    drop(db);
    let db = home.open(collections![Unique])?;
    let twin = Unique { id: 1, group: Some("twin".into()), rank: -1, score: None, data: vec![] };
    fits!(db.insert(&twin).refused()?.source, Cause::NotUnique { .. });
    db.delete::<Unique>(300)?;
    db.insert(&twin)?;
    same!(db.all::<Unique>().count()?, 500);
    Ok(())
}
