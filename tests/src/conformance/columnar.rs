//! Columns: documents move into row groups, and every reader and writer sees one exact collection.

use terrace::{
    Cause,
    hot::{Cursor, Maintained, Maintenance},
    prelude::*,
};

use super::{Checked, Home, Refused, fits, holds, named, replayed, same};
use crate::{Random, documents};

named![
    "columnar":
    queries_find_the_same_wherever_documents_live,
    each_and_pages_go_over_rows_and_groups,
    documents_of_groups_are_changed_and_deleted,
    invariants_1_to_3_do_not_see_a_move,
    an_id_of_a_group_is_taken,
    ids_of_every_kind_are_found_in_groups,
    unique_values_hold_over_rows_and_groups,
    maintenance_is_bounded_and_says_whether_there_is_more,
    groups_are_kept_in_shape,
    documents_that_are_too_large_stay_rows,
    a_collection_can_refuse_columns,
    maintenance_inside_of_a_transaction_is_refused,
    raw_sql_sees_the_whole_collection,
    what_is_rolled_back_is_back_in_its_group,
    migrations_leave_groups_as_they_are,
    a_new_unique_index_holds_over_rows_and_groups,
];

#[derive(Collection, Clone, Debug, PartialEq)]
#[collection(columnar(threshold = 8))]
struct Item {
    #[id]
    id: i64,
    #[index]
    group: Option<String>,
    rank: i64,
    score: Option<f64>,
    data: Vec<u8>,
}

fn item(id: i64) -> Item {
    let scores = [None, Some(-0.0), Some(0.0), Some(f64::INFINITY), Some(2.5), Some(-1e300)];
    Item {
        id,
        group: (id % 5 > 0)
            .then(|| format!("g{}\0{}", id % 7, "x".repeat(usize::try_from(id % 40).unwrap_or(0)))),
        rank: i64::MAX - id % 11,
        score: scores[usize::try_from(id % 6).unwrap_or(0)],
        data: vec![u8::try_from(id % 256).unwrap_or(0); usize::try_from(id % 3).unwrap_or(0)],
    }
}

/// The even ids up to 1,000, of which the last 8 are rows.
fn columns(home: &dyn Home) -> Result<Db, StorageError> {
    let db = home.open(collections![Item])?;
    db.insert_all(&(0..500).map(|at| item(at * 2)).collect::<Vec<_>>())?;
    db.maintain(Maintenance::default())?;
    Ok(db)
}

/// How many documents live in groups, and how many groups there are.
fn in_groups(db: &Db) -> Result<(i64, i64), StorageError> {
    let sql = "SELECT ifnull(sum(live), 0), count(*) FROM _terrace_group";
    Ok(db.query::<(i64, i64)>(sql, ())?[0])
}

type Answer = (Vec<i64>, u64, bool, Option<Item>);

/// What queries of every form find.
fn ask(db: &Db) -> Result<Vec<Answer>, StorageError> {
    let c = Item::COLUMNS;
    let filters = [
        Filter::all(),
        c.id.between(100, 299),
        c.id.eq(500),
        c.id.gt(5_000),
        c.group.eq("g3\0xxx"),
        c.group.is_none(),
        c.group.starts_with("g4").or(c.group.ends_with("xxxxxxx").and(c.rank.lt(i64::MAX - 3))),
        !c.group.contains("g1"),
        c.rank.is_in([i64::MAX, i64::MAX - 5]),
        c.score.eq(0.0),
        c.score.lt(0.0),
        !c.score.gt(1.0),
        c.data.eq(&[2, 2][..]).or(c.data.is_in([&[][..]])),
        c.id.is_in(Vec::<i64>::new()),
    ];
    let mut answers = Vec::new();
    for filter in filters {
        let find = || db.find::<Item>(|_| filter.clone());
        let orders = [
            find().order_by(|i| i.id.asc()),
            find().order_by(|i| i.id.desc()).limit(7),
            find().order_by(|i| i.group.asc()).order_by(|i| i.rank.desc()),
            find().order_by(|i| i.score.desc()).limit(30),
            find().order_by(|i| i.data.asc()).limit(200),
            find().limit(12),
            find().limit(0),
        ];
        for query in orders {
            let ids = query.all()?.iter().map(|item| item.id).collect();
            answers.push((
                ids,
                find().count()?,
                find().exists()?,
                find().order_by(|i| i.rank.asc()).first()?,
            ));
        }
        let mut unordered: Vec<i64> = find().all()?.iter().map(|item| item.id).collect();
        unordered.sort_unstable();
        answers.push((unordered, find().limit(15).count()?, find().limit(1).exists()?, None));
    }
    Ok(answers)
}

fn queries_find_the_same_wherever_documents_live(home: &dyn Home) -> Checked {
    let db = home.open(collections![Item])?;
    db.insert_all(&(0..500).map(|at| item(at * 2)).collect::<Vec<_>>())?;
    let expected = ask(&db)?;
    same!(db.maintain(Maintenance { documents: 100, ..Maintenance::default() })?.moved, 100);
    holds!(ask(&db)? == expected, "100 in a group");
    db.maintain(Maintenance::default())?;
    same!(in_groups(&db)?.0, 492);
    holds!(ask(&db)? == expected, "all but 8 in groups");
    db.find::<Item>(|i| i.id.lt(900)).update(|i| i.rank -= 1)?;
    db.find::<Item>(|i| i.id.lt(900)).update(|i| i.rank += 1)?;
    same!(in_groups(&db)?.0, 42);
    holds!(ask(&db)? == expected, "most are rows again");
    while db.maintain(Maintenance { documents: 33, ..Maintenance::default() })?.more {
        holds!(ask(&db)? == expected, "in the middle");
    }
    holds!(ask(&home.open(collections![Item])?)? == expected, "opened again");
    for id in (0..1_000).step_by(2) {
        same!(db.get::<Item>(id)?, Some(item(id)));
        same!(db.get::<Item>(id + 1)?, None);
    }
    Ok(())
}

fn each_and_pages_go_over_rows_and_groups(home: &dyn Home) -> Checked {
    let db = columns(home)?;
    let find = || db.all::<Item>().order_by(|i| i.group.desc()).order_by(|i| i.score.asc());
    let all = find().all()?;
    same!(all.len(), 500);
    let (mut paged, mut cursor) = (Vec::new(), None::<Cursor>);
    loop {
        let query = match cursor.take() {
            Some(cursor) => find().after(cursor),
            None => find(),
        };
        let left = query.page(33)?;
        paged.extend(left.items);
        let Some(next) = left.next else { break };
        same!(find().after(next.to_string().parse()?).count()?, 500 - paged.len() as u64);
        cursor = Some(next.to_string().parse()?);
    }
    holds!(paged == all);
    let mut seen = Vec::new();
    find().each(|item| {
        seen.push(item);
        Ok(())
    })?;
    holds!(seen == all);
    let mut count = 0;
    let stopped = db.all::<Item>().each(|item| {
        count += 1;
        same_document(&db, &item)?;
        if count == 10 { Err(StorageError::abort("enough")) } else { Ok(()) }
    });
    fits!(stopped.refused()?.source, Cause::Aborted(_));
    let error = db.all::<Item>().each(|item| db.delete::<Item>(item.id).map(drop)).refused()?;
    fits!(error.source, Cause::Reading);
    same!(db.all::<Item>().delete()?, 500);
    Ok(())
}

fn same_document(db: &Db, item: &Item) -> Result<(), StorageError> {
    if db.get::<Item>(item.id)?.as_ref() == Some(item) { Ok(()) } else { Err(StorageError::abort("another")) }
}

fn documents_of_groups_are_changed_and_deleted(home: &dyn Home) -> Checked {
    let db = columns(home)?;
    same!(db.update::<Item>(100, |i| i.rank = 5)?.rank, 5);
    same!(db.get::<Item>(100)?, Some(Item { rank: 5, ..item(100) }));
    same!(in_groups(&db)?.0, 491);
    db.update::<Item>(102, |_| {})?;
    same!(in_groups(&db)?.0, 491, "what does not change stays where it is");
    same!(db.upsert(&Item { rank: 6, ..item(100) })?.rank, 6);
    same!(db.upsert(&Item { rank: 7, ..item(104) })?.rank, 7);
    db.upsert(&item(101))?;
    holds!(db.delete::<Item>(106)?);
    holds!(!db.delete::<Item>(106)?);
    same!(db.get::<Item>(106)?, None);
    fits!(db.update::<Item>(106, |i| i.rank = 1).refused()?.source, Cause::NotFound { .. });
    fits!(db.update::<Item>(108, |i| i.id = 1).refused()?.source, Cause::IdChanged { .. });
    db.insert(&item(106))?;
    item(108).update(&db, |i| i.rank = 8)?;
    holds!(item(110).delete(&db)?);
    same!(db.find::<Item>(|i| i.id.between(200, 399)).delete()?, 100);
    same!(db.find::<Item>(|i| i.id.lt(20)).order_by(|i| i.id.desc()).limit(5).update(|i| i.rank = 9)?, 5);
    same!(db.find::<Item>(|i| i.rank.eq(9)).all()?.len(), 5);
    same!(db.all::<Item>().count()?, 400);
    Ok(())
}

fn invariants_1_to_3_do_not_see_a_move(home: &dyn Home) -> Checked {
    let db = columns(home)?;
    let before = (db.changes().head()?, db.checksum::<Item>()?);
    db.find::<Item>(|i| i.id.lt(600)).update(|i| i.rank = 1)?;
    db.delete::<Item>(900)?;
    let (head, checksum) = (db.changes().head()?, db.checksum::<Item>()?);
    holds!(head == before.0 + 301 && checksum != before.1);
    while db.maintain(Maintenance { documents: 50, ..Maintenance::default() })?.more {
        same!((db.changes().head()?, db.checksum::<Item>()?), (head, checksum));
    }
    let items = documents::<Item>(&db)?;
    let updated: Vec<CdcEvent> = db.changes().since(500)?.collect::<Result<_, _>>()?;
    fits!(updated[0].change::<Item>()?, Some(Change::Updated { after: Item { id: 0, rank: 1, .. }, .. }));
    let copy = replayed(home, db, collections![Item])?;
    same!((copy.checksum::<Item>()?, documents::<Item>(&copy)?), (checksum, items));
    let none: Vec<(i64,)> = copy.query("SELECT 1 FROM sqlite_master WHERE name = '_terrace_group'", ())?;
    same!(none, [], "a copy begins with rows");
    Ok(())
}

fn an_id_of_a_group_is_taken(home: &dyn Home) -> Checked {
    let db = columns(home)?;
    let is_taken = |result: Result<(), StorageError>| match result {
        Err(error) => matches!(error.source, Cause::NotUnique { columns, .. } if columns == "item.id"),
        Ok(()) => false,
    };
    let head = db.changes().head()?;
    holds!(is_taken(db.insert(&item(500))), "in a group");
    holds!(is_taken(db.insert(&item(998))), "a row");
    holds!(is_taken(db.insert_all(&[item(3), item(500)]).map(drop)));
    holds!(is_taken(db.transaction(|db| db.insert(&item(500)))));
    let kept = db.transaction(|db| {
        db.insert(&item(1))?;
        if !is_taken(db.insert(&item(502))) {
            return Err(StorageError::abort("502 twice"));
        }
        db.insert(&item(5))
    });
    holds!(kept.is_ok());
    same!((db.changes().head()?, db.all::<Item>().count()?), (head + 2, 502));
    db.insert(&item(7))?;
    db.insert(&item(5_000))?;
    db.delete::<Item>(500)?;
    db.insert(&item(500))?;
    same!(db.get::<Item>(500)?, Some(item(500)));
    same!(db.changes().head()?, head + 6);
    Ok(())
}

fn ids_of_every_kind_are_found_in_groups(home: &dyn Home) -> Checked {
    #[derive(Collection, Clone, Debug, PartialEq)]
    #[collection(id(tenant, number), columnar(threshold = 8))]
    struct Invoice {
        number: i64,
        tenant: String,
        total: i64,
    }

    #[derive(Collection, Clone, Debug, PartialEq)]
    #[collection(columnar(threshold = 0))]
    struct Reading {
        #[id]
        at: Decimal<30, 3>,
        celsius: f64,
    }

    #[derive(Collection, Clone, Debug, PartialEq)]
    #[collection(columnar(threshold = 0))]
    struct Note {
        #[id]
        id: Id<Note>,
    }

    let db = home.open(collections![Invoice, Reading, Note])?;
    let numbers = [i64::MIN, i64::MIN + 1, -1, 0, 1, (1 << 53) + 1, i64::MAX - 1, i64::MAX];
    let tenants = ["", "\0", "a", "a\0", "ab", "Z", "ß", "\u{10FFFF}"];
    let invoice = |tenant: &str, number| Invoice { number, tenant: tenant.to_owned(), total: number / 2 };
    let invoices: Vec<Invoice> =
        tenants.iter().flat_map(|tenant| numbers.map(|number| invoice(tenant, number))).collect();
    db.insert_all(&invoices)?;
    let decimals = [i128::MIN >> 30, -1, 0, 1, i128::MAX >> 30].map(Decimal::from_unscaled);
    for at in decimals.iter().flatten().copied() {
        db.insert(&Reading { at, celsius: -0.0 })?;
    }
    let notes: Vec<Note> =
        (0..50_u128).map(|at| Note { id: Id::from_uuid(Uuid::from_u128(at << 120 | at)) }).collect();
    db.insert_all(&notes)?;
    same!(db.maintain(Maintenance::default())?.moved, 56 + 5 + 50);
    for invoice in &invoices {
        let id = || (invoice.tenant.clone(), invoice.number);
        same!(db.get::<Invoice>(id())?.as_ref(), Some(invoice));
        let taken = db.insert(invoice).refused()?;
        fits!(&taken.source, Cause::NotUnique { columns, .. } if columns == "invoice.tenant, invoice.number");
        same!(db.get::<Invoice>((invoice.tenant.clone(), 77))?, None);
    }
    for at in decimals.iter().flatten().copied() {
        same!(db.get::<Reading>(at)?.map(|r| (r.at, r.celsius.to_bits())), Some((at, (-0.0_f64).to_bits())));
        fits!(db.insert(&Reading { at, celsius: 1.0 }).refused()?.source, Cause::NotUnique { .. });
    }
    for note in &notes {
        same!(db.get::<Note>(note.id)?.as_ref(), Some(note));
        fits!(db.insert(note).refused()?.source, Cause::NotUnique { .. });
    }
    db.insert(&invoice("a", 77))?;
    same!(db.all::<Invoice>().delete()?, 65);
    Ok(())
}

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
    let rest: Vec<(i64,)> = db.query("SELECT number FROM _terrace_segment", ())?;
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
        "SELECT max(size) FROM (SELECT sum(length(bytes)) AS size FROM _terrace_segment GROUP BY number)";
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

fn raw_sql_sees_the_whole_collection(home: &dyn Home) -> Checked {
    let db = columns(home)?;
    let large = Item { rank: i64::MIN + 1, score: Some(-0.0), ..item(5_001) };
    db.insert(&large)?;
    same!(db.query::<(i64,)>("SELECT count(*) FROM item", ())?, [(501,)]);
    let found: Vec<Item> = db.query("SELECT * FROM \"ITEM\" WHERE id IN (?1, 5001) ORDER BY id", (4_i64,))?;
    same!(found, [item(4), large]);
    let indexed = "SELECT id FROM item INDEXED BY \"item(group)\" WHERE \"group\" = ?1";
    let of_group = db.find::<Item>(|i| i.group.eq("g3\0xx")).all()?.len();
    same!(db.query::<(i64,)>(indexed, ("g3\0xx",))?.len(), of_group);
    let inside = db.transaction(|db| {
        db.delete::<Item>(4)?;
        let count = db.query::<(i64,)>("SELECT count(*) FROM item", ())?[0].0;
        db.insert(&item(4))?;
        Ok((count, db.query::<(i64,)>("SELECT count(*) FROM item", ())?[0].0))
    })?;
    same!(inside, (500, 501));
    for sql in ["DELETE FROM item", "DROP TABLE item", "INSERT INTO item SELECT * FROM item"] {
        fits!(db.query::<(i64,)>(sql, ()).refused()?.source, Cause::NotARead);
    }
    holds!(db.query::<(i64,)>("SELECT no FROM item", ()).is_err());
    holds!(db.query::<(i64,)>("SELECT 1 FROM items", ()).is_err());
    same!(in_groups(&db)?.0, 491, "all of it was rolled back");
    same!(db.all::<Item>().count()?, 501);
    let other = home.open(collections![])?;
    same!(
        other.query::<(i64,)>("SELECT count(*) FROM item", ())?,
        [(501,)],
        "of a collection not opened here"
    );
    Ok(())
}

fn what_is_rolled_back_is_back_in_its_group(home: &dyn Home) -> Checked {
    let db = columns(home)?;
    let (items, checksum) = (documents::<Item>(&db)?, db.checksum::<Item>()?);
    let rolled_back = db.transaction(|db| {
        db.update::<Item>(10, |i| i.rank = 1)?;
        db.find::<Item>(|i| i.id.lt(400)).delete()?;
        db.insert(&item(20))?;
        Err::<(), _>(StorageError::abort("no"))
    });
    holds!(rolled_back.is_err());
    holds!(documents::<Item>(&db)? == items);
    same!((in_groups(&db)?.0, db.checksum::<Item>()?), (492, checksum));
    fits!(db.insert(&item(20)).refused()?.source, Cause::NotUnique { .. });
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
