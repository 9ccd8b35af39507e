//! The keys: golden values, since another version of a program reads what this one has stored; and that no two are one.

use std::collections::HashMap;

use terrace::{prelude::*, warm::Scope};
use terrace_tests::{Random, cases};
use url::Url;

#[derive(Collection)]
#[collection(id(tenant, number))]
struct Invoice {
    tenant: String,
    number: i64,
    paid: bool,
}

#[derive(Collection)]
struct Page {
    #[id]
    path: String,
}

#[derive(Collection)]
struct Visit {
    #[id]
    id: Id<Visit>,
    at: Timestamp,
}

mod later {
    use terrace::prelude::*;

    #[derive(Collection)]
    #[collection(id(tenant, number))]
    pub(super) struct Invoice {
        pub(super) tenant: String,
        #[was("no")]
        #[index]
        pub(super) number: i64,
        pub(super) paid: bool,
    }

    pub(super) mod wider {
        use terrace::prelude::*;

        #[derive(Collection)]
        #[collection(id(tenant, number))]
        pub(in super::super) struct Invoice {
            pub(in super::super) tenant: String,
            pub(in super::super) number: i64,
            pub(in super::super) paid: Option<bool>,
        }
    }
}

fn of_invoice(object: &str, tenant: &str, number: i64) -> String {
    Invoice::cache_key(object, (tenant.to_owned(), number)).unwrap().to_string()
}

#[test]
fn keys_are_what_they_were() {
    let id: Id<Visit> = "0190163d-8694-739b-aea5-966c26f8ad91".parse().unwrap();
    let keys = [
        of_invoice("shop-7", "ada/../lovelace", -5),
        of_invoice("", "", i64::MAX),
        Page::cache_key("Größe", "..").unwrap().to_string(),
        Visit::cache_key("a", id).unwrap().to_string(),
        Page::query_key("a", b"first").to_string(),
        Page::cache_key("a", "x".repeat(300).as_str()).unwrap().to_string(),
        Scope::all().to_string(),
        Scope::of_type::<Page>().to_string(),
        Scope::object("a/b").to_string(),
        Scope::collection::<Page>("a/b").to_string(),
        Scope::tag("red hot").to_string(),
    ];
    assert_eq!(keys.join("\n"), GOLDEN);
}

const GOLDEN: &str = "\
v38c18395b187c115/oshop-7/cinvoice/dtada~2F~2E~2E~2Flovelace.i-5
v38c18395b187c115/o/cinvoice/dt.i9223372036854775807
v98cbe260ed85ce36/oGr~C3~B6~C3~9Fe/cpage/dt~2E~2E
vc7c14d3a4d652c2a/oa/cvisit/db0190163d8694739baea5966c26f8ad91
v98cbe260ed85ce36/oa/cpage/qc9cbc8166703d7b011d9552b2b5188a5
v98cbe260ed85ce36/oa/cpage/hd069228d7cd1f1fed2cecbecf4f0b1a9
n/all
n/type/cpage
n/object/oa~2Fb
n/collection/oa~2Fb/cpage
n/tag/tred~20hot";

#[test]
fn the_schema_in_a_key_changes_with_what_the_bytes_depend_on() {
    let key = of_invoice("a", "b", 1);
    let indexed = later::Invoice::cache_key("a", ("b".to_owned(), 1)).unwrap().to_string();
    let wider = later::wider::Invoice::cache_key("a", ("b".to_owned(), 1)).unwrap().to_string();
    assert_eq!(indexed, key, "an index changes no bytes of a document");
    assert_ne!(wider, key);
    assert_eq!(wider.split_once('/').unwrap().1, key.split_once('/').unwrap().1);
}

#[test]
fn no_two_documents_have_one_key_and_every_key_survives_as_a_url() {
    cases(20, 1_000, |random| {
        let mut seen = HashMap::new();
        for _ in 0..200 {
            let (object, tenant, number) = (part(random), part(random), random.bits().cast_signed() >> 60);
            let key = of_invoice(&object, &tenant, number);
            let url = Url::parse(&format!("https://cache.terrace.invalid/{key}")).unwrap();
            assert_eq!(url.path(), format!("/{key}"));
            let this = (object, tenant, number);
            let first = seen.entry(url.to_string()).or_insert_with(|| this.clone());
            assert_eq!(*first, this);
        }
    });
}

/// A short text of what could mean something in a path.
fn part(random: &mut Random) -> String {
    let pieces = [
        "", "a", "A", "/", ".", "..", "%2F", "%2e", "~", "~2F", "2F", "?", "#", "\\", "\0", "ä", "o", "i1",
        "t",
    ];
    (0..random.below(4))
        .map(|_| pieces[usize::try_from(random.below(pieces.len() as u64)).unwrap()])
        .collect()
}
