//! What the derives generate, whole: `tests/*.expanded` show it as a user of `cargo expand` would read it.
//!
//! After a change on purpose: `UPDATE_EXPECT=1 cargo test -p terrace-derive`, then read the difference.

use expect_test::{ExpectFile, expect_file};
use proc_macro2::TokenStream;
use syn::{DeriveInput, parse_quote};

fn check(expanded: TokenStream, expected: &ExpectFile) {
    let file = syn::parse2(expanded).expect("what is generated can be parsed");
    expected.assert_eq(&prettyplease::unparse(&file));
}

fn check_collection(input: &DeriveInput, expected: &ExpectFile) {
    check(crate::expand::collection(input), expected);
}

#[test]
fn a_small_collection() {
    let input = parse_quote! {
        struct City {
            #[id]
            name: String,
            people: i64,
        }
    };
    check_collection(&input, &expect_file!["tests/small.expanded"]);
}

#[test]
fn every_attribute() {
    let input = parse_quote! {
        #[collection(
            name = "orders",
            index(status, placed),
            unique(code, where = "status = 'open'"),
            partition(bucket(16, object), day(placed), truncate(8, code)),
            sort(status, -placed, object),
            merge_on_read,
            cache = "2m",
            columnar(threshold = 8),
            snapshot(every = "6h", keep = 12),
            capture = "after"
        )]
        pub(crate) struct Order {
            /// Who it is.
            #[id]
            id: Id<Self>,
            #[index]
            status: Status,
            #[column(name = "sum", fill = -5, mask)]
            total: Cents,
            #[json]
            lines: Vec<Line>,
            placed: Timestamp,
            #[unique]
            code: String,
            #[version]
            version: u32,
            #[was("note", "comment")]
            r#type: Option<String>,
            #[skip]
            cache: Cache,
        }
    };
    check_collection(&input, &expect_file!["tests/every_attribute.expanded"]);
}

#[test]
fn an_id_of_several_columns_under_another_path() {
    let input = parse_quote! {
        #[collection(crate = ::storage, id(number, tenant))]
        pub struct Invoice {
            tenant: String,
            number: i64,
        }
    };
    check_collection(&input, &expect_file!["tests/composite_id.expanded"]);
}

#[test]
fn a_collection_with_a_mistake() {
    let input = parse_quote! {
        struct City {
            name: String,
            people: usize,
        }
    };
    check_collection(&input, &expect_file!["tests/fallback.expanded"]);
}

#[test]
fn an_enum() {
    let input = parse_quote! {
        enum Status {
            Open,
            #[column(name = "transit")]
            InTransit,
        }
    };
    check(crate::embed::derive(&input), &expect_file!["tests/enum.expanded"]);
}

#[test]
fn a_newtype() {
    let input = parse_quote! {
        pub struct Cents(i64);
    };
    check(crate::embed::derive(&input), &expect_file!["tests/newtype.expanded"]);
}
