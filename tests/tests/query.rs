//! Typed queries: what SQLite finds is what the filter says in memory, pages are exact, limits hold (invariant 11).

use proptest::{collection::vec, prelude::*, test_runner::Config};
use terrace::{filter::Predicate, prelude::*};

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
