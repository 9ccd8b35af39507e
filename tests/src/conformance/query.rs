//! Queries: filters, orders, pages, lists of any length, SQL that reads, and the limits (invariant 11).

use terrace::{Cause, prelude::*};

use super::{Checked, Home, Refused, fits, holds, named, same};
use crate::documents;

named![
    "query":
    filters_orders_and_limits,
    pages_hold_every_document_once,
    many_are_updated_and_deleted,
    in_takes_any_number_of_values,
    invariant_11_the_limits_of_durable_objects_hold,
    raw_sql_reads_and_does_nothing_else,
    raw_sql_gives_exact_values,
    raw_sql_is_read_as_it_is_written,
    each_reads_and_cannot_write_meanwhile,
    each_stops_where_it_is_told_and_leaves_nothing_open,
    a_cursor_of_another_query_is_refused,
    an_id_of_two_columns_is_a_tuple,
    a_stale_document_is_a_conflict,
];

#[derive(Collection, Clone, Debug, PartialEq)]
struct Item {
    #[id]
    id: i64,
    #[index]
    group: Option<String>,
    rank: i64,
    score: Option<f64>,
    data: Vec<u8>,
}

fn thousand(home: &dyn Home) -> Result<Db, StorageError> {
    let db = home.open(collections![Item])?;
    let item = |id| Item { id, group: Some(format!("g{}", id % 7)), rank: id, score: None, data: vec![] };
    db.insert_all(&(0..1_000).map(item).collect::<Vec<_>>())?;
    Ok(db)
}

fn ids(items: &[Item]) -> Vec<i64> {
    items.iter().map(|item| item.id).collect()
}

fn filters_orders_and_limits(home: &dyn Home) -> Checked {
    let db = thousand(home)?;
    let found = db.find::<Item>(|i| i.group.eq("g3").and(i.rank.between(10, 50)).and(i.id.ne(24))).all()?;
    same!(ids(&found), [10, 17, 31, 38, 45]);
    let found = db.find::<Item>(|i| i.rank.lt(3).or(!i.rank.lt(998))).order_by(|i| i.rank.desc()).all()?;
    same!(ids(&found), [999, 998, 2, 1, 0]);
    let found = db.all::<Item>().order_by(|i| i.group.desc()).order_by(|i| i.rank.asc()).limit(3).all()?;
    same!(ids(&found), [6, 13, 20]);
    same!(db.find::<Item>(|i| i.score.is_none()).count()?, 1_000);
    same!(db.find::<Item>(|i| i.group.starts_with("g").and(i.group.ends_with("6"))).count()?, 142);
    same!(db.find::<Item>(|i| i.group.contains("5")).first()?.map(|i| i.id), Some(5));
    same!(db.find::<Item>(|i| i.rank.gt(i64::MAX - 1)).exists()?, false);
    Ok(())
}

fn pages_hold_every_document_once(home: &dyn Home) -> Checked {
    let db = thousand(home)?;
    let find = || db.all::<Item>().order_by(|i| i.group.desc()).order_by(|i| i.score.asc());
    let mut paged = Vec::new();
    let mut page = find().page(333)?;
    loop {
        paged.append(&mut page.items);
        let Some(next) = page.next else { break };
        page = find().after(next.to_string().parse()?).page(333)?;
    }
    same!(paged.len(), 1_000);
    holds!(paged == find().all()?);
    Ok(())
}

fn many_are_updated_and_deleted(home: &dyn Home) -> Checked {
    let db = thousand(home)?;
    same!(db.find::<Item>(|i| i.group.eq("g1")).update(|i| i.score = Some(1.0))?, 143);
    same!(db.find::<Item>(|i| i.group.eq("g1")).update(|i| i.score = Some(1.0))?, 0);
    same!(db.find::<Item>(|i| i.score.is_none()).delete()?, 857);
    same!((db.all::<Item>().count()?, db.changes().head()?), (143, 2_000));
    Ok(())
}

fn raw_sql_gives_exact_values(home: &dyn Home) -> Checked {
    let db = home.open(collections![Item])?;
    let large = i64::MAX - 1;
    let item = Item { id: large, group: Some("a\0b".into()), rank: 5, score: Some(-0.0), data: vec![] };
    db.insert(&item)?;
    let rows: Vec<(Option<String>, i64, f64)> = db.query("SELECT \"group\", id, score FROM item", ())?;
    same!(rows, [(item.group.clone(), large, -0.0)]);
    holds!(rows[0].2.is_sign_negative());
    let rows: Vec<(i64, Vec<u8>)> = db.query("SELECT rank, data FROM item", ())?;
    same!(rows, [(5, vec![])]);
    let found: Vec<Item> = db.query("SELECT * FROM item WHERE id = ?", (large,))?;
    same!(found, [item]);
    let sums: Vec<(i64, i64, f64)> = db.query("SELECT ?1 + 1, sum(id), ?2 * 2 FROM item", (large, 2.5))?;
    same!(sums, [(i64::MAX, large, 5.0)]);
    let same: Vec<(bool, Option<i64>, String)> = db.query("SELECT ?1, ?2, ?3", (true, None::<i64>, "i5"))?;
    same!(same, [(true, None, "i5".to_owned())]);
    Ok(())
}

fn raw_sql_is_read_as_it_is_written(home: &dyn Home) -> Checked {
    let db = thousand(home)?;
    let sql = "WITH few AS (SELECT id, '?; -- ) it''s' AS text /* ? ) */ FROM item WHERE id IN (?, ?2))\n\
               SELECT id, text FROM few -- the ? end ;\n ORDER BY id DESC; -- and after";
    let rows: Vec<(i64, String)> = db.query(sql, (3_i64, 4_i64))?;
    same!(rows, [(4, "?; -- ) it's".to_owned()), (3, "?; -- ) it's".to_owned())]);
    let rows: Vec<(i64,)> =
        db.query("SELECT id FROM item ORDER BY rank DESC LIMIT ?1 OFFSET ?1", (2_i64,))?;
    same!(rows, [(997,), (996,)]);
    for sql in
        ["SELECT 1; SELECT 2", "SELECT 1) ; DELETE FROM item; SELECT * FROM (SELECT 1", "SELECT (1", ""]
    {
        db.query::<(i64,)>(sql, ()).refused()?;
    }
    same!(db.all::<Item>().count()?, 1_000);
    Ok(())
}

fn each_stops_where_it_is_told_and_leaves_nothing_open(home: &dyn Home) -> Checked {
    let db = thousand(home)?;
    let mut seen = 0;
    let stopped = db.all::<Item>().each(|_| {
        seen += 1;
        if seen == 10 { Err(StorageError::abort("enough")) } else { Ok(()) }
    });
    fits!(stopped.refused()?.source, Cause::Aborted(_));
    same!(seen, 10);
    same!(db.all::<Item>().delete()?, 1_000);
    Ok(())
}

fn in_takes_any_number_of_values(home: &dyn Home) -> Checked {
    let db = thousand(home)?;
    let many = 500..300_000_i64;
    same!(db.find::<Item>(|i| i.rank.is_in(many.clone())).count()?, 500);
    let texts: Vec<String> = (0..100_000).map(|at| format!("g{at}")).collect();
    same!(db.find::<Item>(|i| i.group.is_in(&texts)).count()?, 1_000);
    same!(db.find::<Item>(|i| i.data.is_in([&[][..]])).count()?, 1_000);
    Ok(())
}

fn invariant_11_the_limits_of_durable_objects_hold(home: &dyn Home) -> Checked {
    let db = thousand(home)?;
    let either = |count: i64| {
        (1..count).fold(Item::COLUMNS.rank.eq(0), |all, rank| all.or(Item::COLUMNS.rank.eq(rank)))
    };
    same!(db.find::<Item>(|_| either(100)).count()?, 100, "100 deep would be too deep: the tree is balanced");
    let is_limit = |error: StorageError| matches!(error.source, Cause::Limit { .. });
    holds!(db.find::<Item>(|_| either(101)).count().is_err_and(is_limit), "101 parameters");
    let long = format!("SELECT 1 -- {}", "x".repeat(100_000));
    holds!(db.query::<(i64,)>(&long, ()).is_err_and(is_limit), "a statement of over 100 kB");
    let deep = format!("SELECT 1{}", " + 1".repeat(101));
    holds!(db.query::<(i64,)>(&deep, ()).is_err_and(is_limit), "an expression over 100 deep");
    let wide = format!("SELECT 1{}", ", 1".repeat(100));
    holds!(db.query::<(i64,)>(&wide, ()).is_err_and(is_limit), "101 columns");
    Ok(())
}

fn raw_sql_reads_and_does_nothing_else(home: &dyn Home) -> Checked {
    let db = thousand(home)?;
    let items: Vec<Item> = db.query("SELECT * FROM item WHERE \"group\" = ?1 AND id < ?2", ("g1", 10_i64))?;
    same!(items.iter().map(|item| item.id).collect::<Vec<_>>(), [1, 8]);
    let refused = [
        "INSERT INTO item SELECT id + 5000, 'x', 1, 1, x'' FROM item RETURNING id",
        "DELETE FROM item",
        "UPDATE _terrace_log SET count = 0",
        "PRAGMA user_version = 5",
        "COMMIT",
        "BEGIN",
        "ATTACH ':memory:' AS other",
        "CREATE TABLE other (a)",
        "CREATE TEMP TABLE other (a)",
        "DROP TABLE item",
        "VACUUM",
    ];
    for sql in refused {
        let inside = db.transaction(|db| db.query::<(i64,)>(sql, ()));
        holds!(inside.is_err_and(|error| matches!(error.source, Cause::NotARead)), "{sql}");
        let error = db.query::<(i64,)>(sql, ()).refused()?;
        holds!(matches!(error.source, Cause::NotARead), "{sql}: {error}");
        same!(error.statement.as_deref(), Some(sql));
    }
    holds!(db.query::<(i64,)>("SELECT 1 +", ()).is_err());
    holds!(db.query::<(i64,)>("SELECT ?1", ()).is_err());
    holds!(db.query::<(String,)>("SELECT 1", ()).is_err());
    same!(documents::<Item>(&db)?.len(), 1_000);
    Ok(())
}

fn each_reads_and_cannot_write_meanwhile(home: &dyn Home) -> Checked {
    let db = thousand(home)?;
    let error = db.all::<Item>().each(|item| db.delete::<Item>(item.id).map(drop)).refused()?;
    holds!(matches!(error.source, Cause::Reading), "{error}");
    db.delete::<Item>(1)?;
    same!(db.all::<Item>().count()?, 999);
    Ok(())
}

fn a_cursor_of_another_query_is_refused(home: &dyn Home) -> Checked {
    let db = thousand(home)?;
    let cursor = db.all::<Item>().page(10)?.next.expect("there are more");
    let error = db.all::<Item>().order_by(|i| i.rank.desc()).after(cursor).page(10).refused()?;
    holds!(matches!(error.source, Cause::Cursor), "{error}");
    holds!("not a cursor".parse::<terrace::hot::Cursor>().is_err());
    Ok(())
}

fn an_id_of_two_columns_is_a_tuple(home: &dyn Home) -> Checked {
    let db = home.open(collections![Invoice])?;
    db.insert_all(&[invoice("a", 1), invoice("a", 2), invoice("b", 1)])?;
    let key = || ("a".to_owned(), 2);
    same!(db.get::<Invoice>(key())?, Some(invoice("a", 2)));
    db.update::<Invoice>(key(), |i| i.total = 5)?;
    let error = db.update::<Invoice>(key(), |i| i.number = 3).refused()?;
    holds!(matches!(error.source, Cause::IdChanged { .. }), "{error}");
    holds!(db.delete::<Invoice>(key())?);
    holds!(!db.delete::<Invoice>(key())?);
    let error = db.update::<Invoice>(key(), |i| i.total = 6).refused()?;
    holds!(matches!(&error.source, Cause::NotFound { id } if id == "`a`, 2"), "{error}");
    Ok(())
}

fn a_stale_document_is_a_conflict(home: &dyn Home) -> Checked {
    let db = home.open(collections![Invoice])?;
    let stale = invoice("a", 1);
    stale.insert(&db)?;
    let fresh = stale.update(&db, |i| i.total = 5)?;
    same!((fresh.version, fresh.total), (2, 5));
    let conflict =
        |error: StorageError| matches!(error.source, Cause::Conflict { expected: 1, found: 2, .. });
    holds!(stale.update(&db, |i| i.total = 6).is_err_and(conflict));
    holds!(stale.delete(&db).is_err_and(conflict));
    holds!(stale.upsert(&db).is_err_and(conflict));
    same!(Invoice { total: 7, ..fresh }.upsert(&db)?.version, 3);
    let last = Invoice { version: i64::MAX, ..invoice("b", 1) };
    last.insert(&db)?;
    holds!(last.update(&db, |i| i.total = 1).is_err());
    Ok(())
}

#[derive(Collection, Clone, Debug, PartialEq)]
#[collection(id(tenant, number))]
struct Invoice {
    tenant: String,
    number: i64,
    #[unique]
    code: Option<String>,
    total: i64,
    #[version]
    version: i64,
}

fn invoice(tenant: &str, number: i64) -> Invoice {
    Invoice { tenant: tenant.into(), number, code: Some(format!("{tenant}-{number}")), total: 0, version: 1 }
}
