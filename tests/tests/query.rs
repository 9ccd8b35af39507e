//! Typed queries: what SQLite finds is what the filter says in memory, pages are exact, limits hold (invariant 11).

use proptest::{collection::vec, prelude::*, test_runner::Config};
use terrace::{Cause, filter::Predicate, prelude::*};
use terrace_tests::documents;

#[derive(Collection, Clone, Debug, PartialEq)]
#[allow(clippy::duplicated_attributes)] // `rank` is in two indexes, which the lint takes for a repetition
#[collection(index(group, rank))]
#[collection(index(rank, where = "rank > 5"))]
struct Item {
    #[id]
    id: i64,
    group: Option<String>,
    rank: i64,
    score: Option<f64>,
    data: Vec<u8>,
}

fn item() -> impl Strategy<Value = Item> {
    let text = prop_oneof![Just("a"), Just("ab"), Just("b\0c"), Just(""), Just("é")].prop_map(str::to_owned);
    (any::<i64>(), proptest::option::of(text), 0..10i64, proptest::option::of(-2..3i32), vec(0..3u8, 0..3))
        .prop_map(|(id, group, rank, score, data)| Item {
            id,
            group,
            rank,
            score: score.map(f64::from),
            data,
        })
}

fn items() -> impl Strategy<Value = Vec<Item>> {
    vec(item(), 0..40).prop_map(|mut items| {
        items.sort_by_key(|item| item.id);
        items.dedup_by_key(|item| item.id);
        items
    })
}

fn filter() -> impl Strategy<Value = Filter<Item>> {
    let c = Item::COLUMNS;
    let leaf = prop_oneof![
        (0..10i64).prop_map(move |v| c.rank.lt(v)),
        (0..10i64).prop_map(move |v| c.rank.ne(v)),
        (0..10i64, 0..10i64).prop_map(move |(a, b)| c.rank.between(a, b)),
        vec(0..10i64, 0..4).prop_map(move |v| c.rank.is_in(v)),
        prop_oneof![Just("a"), Just("b\0c"), Just(""), Just("\0")].prop_map(move |v| c.group.ge(v)),
        prop_oneof![Just("a"), Just("b\0"), Just(""), Just("\u{10FFFF}")]
            .prop_map(move |v| c.group.starts_with(v)),
        prop_oneof![Just("b"), Just("\0c"), Just("")].prop_map(move |v| c.group.ends_with(v)),
        prop_oneof![Just("b"), Just("\0"), Just("")].prop_map(move |v| c.group.contains(v)),
        vec(prop_oneof![Just("a"), Just("b\0c"), Just("")], 0..3).prop_map(move |v| c.group.is_in(v)),
        Just(c.group.is_none()),
        (-2..3i32).prop_map(move |v| c.score.gt(f64::from(v))),
        vec(0..3u8, 0..3).prop_map(move |v| c.data.le(v)),
        Just(Filter::all()),
    ];
    leaf.prop_recursive(4, 24, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| a.and(b)),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| a.or(b)),
            inner.prop_map(|a| !a),
        ]
    })
}

proptest! {
    #![proptest_config(Config { cases: 400, failure_persistence: None, ..Config::default() })]

    #[test]
    fn sqlite_finds_what_the_filter_says_in_memory(items in items(), filter in filter()) {
        let db = Db::open_in_memory(collections![Item]).expect("it opens");
        db.insert_all(&items).expect("they are stored");
        let mut expected = items.clone();
        expected.retain(|item| filter.matches(item).expect("no NaN"));
        let find = || db.find::<Item>(|_| filter.clone());
        prop_assert_eq!(find().limit(1_000).all().expect("found"), expected.clone());
        prop_assert_eq!(find().count().expect("counted"), expected.len() as u64);
        prop_assert_eq!(find().exists().expect("looked"), !expected.is_empty());
        prop_assert_eq!(find().first().expect("looked"), expected.first().cloned());
        let mut each = Vec::new();
        find().each(|item| { each.push(item); Ok(()) }).expect("read");
        prop_assert_eq!(each.len(), expected.len());
    }

    #[test]
    fn pages_hold_every_document_once_in_order(items in items(), size in 1..7u64, descending in any::<[bool; 2]>()) {
        let db = Db::open_in_memory(collections![Item]).expect("it opens");
        db.insert_all(&items).expect("they are stored");
        let find = || {
            let by_group = |c: &<Item as Collection>::Columns| if descending[0] { c.group.desc() } else { c.group.asc() };
            let by_score = |c: &<Item as Collection>::Columns| if descending[1] { c.score.desc() } else { c.score.asc() };
            db.all::<Item>().order_by(by_group).order_by(by_score)
        };
        let mut paged = Vec::new();
        let mut page = find().page(size).expect("a page");
        loop {
            paged.append(&mut page.items);
            let Some(next) = page.next else { break };
            let next = next.to_string().parse().expect("a cursor is text and back");
            page = find().after(next).page(size).expect("a page");
        }
        prop_assert_eq!(&paged, &find().all().expect("all"));
        prop_assert_eq!(paged.len(), items.len());
    }

    #[test]
    fn a_predicate_survives_json(filter in filter()) {
        let predicate = filter.into_predicate().expect("no NaN");
        let json = serde_json::to_string(&predicate).expect("it is plain");
        prop_assert_eq!(serde_json::from_str::<Predicate>(&json).expect("it comes back"), predicate);
    }
}

fn thousand() -> Result<Db, StorageError> {
    let db = Db::open_in_memory(collections![Item])?;
    let item = |id| Item { id, group: Some(format!("g{}", id % 7)), rank: id, score: None, data: vec![] };
    db.insert_all(&(0..1_000).map(item).collect::<Vec<_>>())?;
    Ok(db)
}

#[test]
fn in_takes_any_number_of_values() -> Result<(), StorageError> {
    let db = thousand()?;
    let many = 500..300_000_i64;
    assert_eq!(db.find::<Item>(|i| i.rank.is_in(many.clone())).count()?, 500);
    let texts: Vec<String> = (0..100_000).map(|at| format!("g{at}")).collect();
    assert_eq!(db.find::<Item>(|i| i.group.is_in(&texts)).count()?, 1_000);
    assert_eq!(db.find::<Item>(|i| i.data.is_in([&[][..]])).count()?, 1_000);
    Ok(())
}

#[test]
fn invariant_11_the_limits_of_durable_objects_hold_natively() -> Result<(), StorageError> {
    let db = thousand()?;
    let either = |count: i64| {
        (1..count).fold(Item::COLUMNS.rank.eq(0), |all, rank| all.or(Item::COLUMNS.rank.eq(rank)))
    };
    assert_eq!(
        db.find::<Item>(|_| either(100)).count()?,
        100,
        "100 deep would be too deep: the tree is balanced"
    );
    let is_limit = |error: StorageError| matches!(error.source, Cause::Limit { .. });
    assert!(db.find::<Item>(|_| either(101)).count().is_err_and(is_limit), "101 parameters");
    let long = format!("SELECT 1 -- {}", "x".repeat(100_000));
    assert!(db.query::<(i64,)>(&long, ()).is_err_and(is_limit), "a statement of over 100 kB");
    let deep = format!("SELECT 1{}", " + 1".repeat(101));
    assert!(db.query::<(i64,)>(&deep, ()).is_err_and(is_limit), "an expression over 100 deep");
    let wide = format!("SELECT 1{}", ", 1".repeat(100));
    assert!(db.query::<(i64,)>(&wide, ()).is_err_and(is_limit), "101 columns");
    Ok(())
}

#[test]
fn raw_sql_reads_and_does_nothing_else() -> Result<(), StorageError> {
    let db = thousand()?;
    let items: Vec<Item> = db.query("SELECT * FROM item WHERE \"group\" = ?1 AND id < ?2", ("g1", 10_i64))?;
    assert_eq!(items.iter().map(|item| item.id).collect::<Vec<_>>(), [1, 8]);
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
        assert!(inside.is_err_and(|error| matches!(error.source, Cause::NotARead)), "{sql}");
        let error = db.query::<(i64,)>(sql, ()).expect_err("a refusal");
        assert!(matches!(error.source, Cause::NotARead), "{sql}: {error}");
        assert_eq!(error.statement.as_deref(), Some(sql));
    }
    assert!(db.query::<(i64,)>("SELECT 1 +", ()).is_err());
    assert!(db.query::<(i64,)>("SELECT ?1", ()).is_err());
    assert!(db.query::<(String,)>("SELECT 1", ()).is_err());
    assert_eq!(documents::<Item>(&db)?.len(), 1_000);
    Ok(())
}

#[test]
fn each_reads_and_cannot_write_meanwhile() -> Result<(), StorageError> {
    let db = thousand()?;
    let error = db.all::<Item>().each(|item| db.delete::<Item>(item.id).map(drop)).expect_err("a refusal");
    assert!(matches!(error.source, Cause::Reading), "{error}");
    db.delete::<Item>(1)?;
    assert_eq!(db.all::<Item>().count()?, 999);
    Ok(())
}

#[test]
fn a_cursor_of_another_query_is_refused() -> Result<(), StorageError> {
    let db = thousand()?;
    let cursor = db.all::<Item>().page(10)?.next.expect("there are more");
    let error = db.all::<Item>().order_by(|i| i.rank.desc()).after(cursor).page(10).expect_err("a refusal");
    assert!(matches!(error.source, Cause::Cursor), "{error}");
    assert!("not a cursor".parse::<terrace::hot::Cursor>().is_err());
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

#[test]
fn an_id_of_two_columns_is_a_tuple() -> Result<(), StorageError> {
    let db = Db::open_in_memory(collections![Invoice])?;
    db.insert_all(&[invoice("a", 1), invoice("a", 2), invoice("b", 1)])?;
    let key = || ("a".to_owned(), 2);
    assert_eq!(db.get::<Invoice>(key())?, Some(invoice("a", 2)));
    db.update::<Invoice>(key(), |i| i.total = 5)?;
    let error = db.update::<Invoice>(key(), |i| i.number = 3).expect_err("a refusal");
    assert!(matches!(error.source, Cause::IdChanged { .. }), "{error}");
    assert!(db.delete::<Invoice>(key())?);
    assert!(!db.delete::<Invoice>(key())?);
    let error = db.update::<Invoice>(key(), |i| i.total = 6).expect_err("a refusal");
    assert!(matches!(&error.source, Cause::NotFound { id } if id == "`a`, 2"), "{error}");
    Ok(())
}

#[test]
fn a_stale_document_is_a_conflict() -> Result<(), StorageError> {
    let db = Db::open_in_memory(collections![Invoice])?;
    let stale = invoice("a", 1);
    stale.insert(&db)?;
    let fresh = stale.update(&db, |i| i.total = 5)?;
    assert_eq!((fresh.version, fresh.total), (2, 5));
    let conflict =
        |error: StorageError| matches!(error.source, Cause::Conflict { expected: 1, found: 2, .. });
    assert!(stale.update(&db, |i| i.total = 6).is_err_and(conflict));
    assert!(stale.delete(&db).is_err_and(conflict));
    assert!(stale.upsert(&db).is_err_and(conflict));
    assert_eq!(Invoice { total: 7, ..fresh }.upsert(&db)?.version, 3);
    let last = Invoice { version: i64::MAX, ..invoice("b", 1) };
    last.insert(&db)?;
    assert!(last.update(&db, |i| i.total = 1).is_err());
    Ok(())
}
