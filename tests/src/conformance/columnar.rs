//! Columns: wherever documents live, every reader and writer sees one exact collection.

use terrace::{
    Cause,
    hot::{Cursor, Maintenance},
    prelude::*,
};

use super::{Checked, Home, Refused, fits, holds, named, replayed, same};
use crate::documents;

named![
    "columnar":
    queries_find_the_same_wherever_documents_live,
    each_and_pages_go_over_rows_and_groups,
    documents_of_groups_are_changed_and_deleted,
    invariants_1_to_3_do_not_see_a_move,
    an_id_of_a_group_is_taken,
    ids_of_every_kind_are_found_in_groups,
    raw_sql_sees_the_whole_collection,
    what_is_rolled_back_is_back_in_its_group,
];

#[derive(Collection, Clone, Debug, PartialEq)]
#[collection(columnar(threshold = 8))]
pub(super) struct Item {
    #[id]
    pub(super) id: i64,
    #[index]
    pub(super) group: Option<String>,
    pub(super) rank: i64,
    pub(super) score: Option<f64>,
    pub(super) data: Vec<u8>,
}

pub(super) fn item(id: i64) -> Item {
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
pub(super) fn columns(home: &dyn Home) -> Result<Db, StorageError> {
    let db = home.open(collections![Item])?;
    db.insert_all(&(0..500).map(|at| item(at * 2)).collect::<Vec<_>>())?;
    db.maintain(Maintenance::default())?;
    Ok(db)
}

/// How many documents live in groups, and how many groups there are.
pub(super) fn in_groups(db: &Db) -> Result<(i64, i64), StorageError> {
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
